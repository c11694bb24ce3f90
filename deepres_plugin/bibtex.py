# ruff: noqa: D205, D212, D415  (Scipion reads the entries from the docstring)
"""
@article{RamirezAportela2019,
title = {DeepRes: a new deep-learning- and aspect-based local resolution method for electron-microscopy maps},
author = {Ramírez-Aportela, Erney and Mota, Javier and Conesa, Pablo and Carazo, Jose Maria and
Sorzano, Carlos Oscar S.},
journal = {IUCrJ},
volume = {6},
number = {6},
pages = {1054--1063},
year = {2019},
doi = {https://doi.org/10.1107/S2052252519011692}
}

@article{Cardone2013,
title = {One number does not fit all: mapping local variations in resolution in cryo-EM reconstructions},
author = {Cardone, Giovanni and Heymann, J. Bernard and Steven, Alasdair C.},
journal = {Journal of Structural Biology},
volume = {184},
number = {2},
pages = {226--236},
year = {2013},
doi = {https://doi.org/10.1016/j.jsb.2013.08.002}
}

@article{Vilas2018,
title = {MonoRes: automatic and accurate estimation of local resolution for electron microscopy maps},
author = {Vilas, Jose Luis and Gómez-Blanco, Josué and Conesa, Pablo and Melero, Roberto and
de la Rosa-Trevín, José Miguel and Otón, Joaquín and Cuenca, Jesús and Marabini, Roberto and
Carazo, José María and Vargas, Javier and Sorzano, Carlos Oscar S.},
journal = {Structure},
volume = {26},
number = {2},
pages = {337--344},
year = {2018},
doi = {https://doi.org/10.1016/j.str.2017.12.018}
}

@article{Kucukelbir2014,
title = {Quantifying the local resolution of cryo-EM density maps},
author = {Kucukelbir, Alp and Sigworth, Fred J. and Tagare, Hemant D.},
journal = {Nature Methods},
volume = {11},
number = {1},
pages = {63--65},
year = {2014},
doi = {https://doi.org/10.1038/nmeth.2727}
}

@article{Avramov2019,
title = {Deep Learning for Validating and Estimating Resolution of Cryo-Electron Microscopy Density Maps},
author = {Avramov, Todor Kirilov and Vyenielo, Dan and Gomez-Blanco, Josue and Adinarayanan, Swathi and
Vargas, Javier and Si, Dong},
journal = {Molecules},
volume = {24},
number = {6},
pages = {1181},
year = {2019},
doi = {https://doi.org/10.3390/molecules24061181}
}

@misc{Dang2023,
title = {CryoRes: local resolution estimation of cryo-EM density maps by deep learning},
author = {Dang, Yiming},
booktitle = {slides of 25 May},
year = {2023},
note = {about the article of this title in the Journal of Molecular Biology, to which the DOI leads},
doi = {https://doi.org/10.1016/j.jmb.2023.168059}
}

@article{Chen2013,
title = {High-resolution noise substitution to measure overfitting and validate resolution in 3D structure determination
by single particle electron cryomicroscopy},
author = {Chen, Shaoxia and McMullan, Greg and Faruqi, Abdul R. and Murshudov, Garib N. and Short, Judith M. and
Scheres, Sjors H. W. and Henderson, Richard},
journal = {Ultramicroscopy},
volume = {135},
pages = {24--35},
year = {2013},
doi = {https://doi.org/10.1016/j.ultramic.2013.06.004}
}

@article{Afonine2018,
title = {New tools for the analysis and validation of cryo-EM maps and atomic models},
author = {Afonine, Pavel V. and Klaholz, Bruno P. and Moriarty, Nigel W. and Poon, Billy K. and Sobolev, Oleg V. and
Terwilliger, Thomas C. and Adams, Paul D. and Urzhumtsev, Alexandre},
journal = {Acta Crystallographica Section D},
volume = {74},
number = {9},
pages = {814--840},
year = {2018},
doi = {https://doi.org/10.1107/S2059798318009324}
}

@article{Wang2022,
title = {Validation analysis of EMDB entries},
author = {Wang, Zhe and Patwardhan, Ardan and Kleywegt, Gerard J.},
journal = {Acta Crystallographica Section D},
volume = {78},
number = {5},
pages = {542--552},
year = {2022},
doi = {https://doi.org/10.1107/S205979832200328X}
}

@mastersthesis{Bot2023,
title = {iLocScale: cryo-EM map sharpening by learning scattering properties of macromolecules},
author = {Bot, I. S.},
journal = {Bachelor thesis, TU Delft},
school = {Delft University of Technology},
type = {Bachelor thesis},
year = {2023},
url = {http://repository.tudelft.nl/}
}

@article{Jakobi2017,
title = {Model-based local density sharpening of cryo-EM maps},
author = {Jakobi, Arjen J. and Wilmanns, Matthias and Sachse, Carsten},
journal = {eLife},
volume = {6},
pages = {e27131},
year = {2017},
doi = {https://doi.org/10.7554/eLife.27131}
}

@article{Bharadwaj2022,
title = {Electron scattering properties of biological macromolecules and their use for cryo-EM map sharpening},
author = {Bharadwaj, Alok and Jakobi, Arjen J.},
journal = {Faraday Discussions},
volume = {240},
pages = {168--183},
year = {2022},
doi = {https://doi.org/10.1039/D2FD00078D}
}

@article{Beckers2019,
title = {Thresholding of cryo-EM density maps by false discovery rate control},
author = {Beckers, Maximilian and Jakobi, Arjen J. and Sachse, Carsten},
journal = {IUCrJ},
volume = {6},
number = {1},
pages = {18--33},
year = {2019},
doi = {https://doi.org/10.1107/S2052252518014434}
}
"""
