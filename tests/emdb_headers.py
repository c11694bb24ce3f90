"""Small headers after EMDB's public schema, version 3, written for the tests: no header of EMDB was at hand."""

RESOLUTION = '<resolution res_type="BY AUTHOR" units="Å">{}</resolution>'


def header(*resolutions, method="FSC 0.143 CUT-OFF", spacing=1.06, level=0.028, before=""):
    """A header with these resolutions, each in a final_reconstruction of its own."""
    processed = "".join(
        f"<singleparticle_processing><final_reconstruction>{RESOLUTION.format(each)}"
        f"<resolution_method>{method}</resolution_method></final_reconstruction></singleparticle_processing>"
        for each in resolutions
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
{before}<emd emdb_id="EMD-0000" version="3.0.1.3">
  <admin><title>A made-up map</title></admin>
  <structure_determination_list><structure_determination structure_determination_id="1">
    <method>singleParticle</method>{processed}
  </structure_determination></structure_determination_list>
  <map format="CCP4" size_kbytes="4000">
    <file>emd_0000.map.gz</file>
    <pixel_spacing><x units="Å">{spacing}</x><y units="Å">{spacing}</y><z units="Å">{spacing}</z></pixel_spacing>
    <contour_list>
      <contour primary="false"><level>0.5</level></contour>
      <contour primary="true"><level>{level}</level><source>AUTHOR</source></contour>
    </contour_list>
  </map>
  <interpretation><half_map_list><half_map format="CCP4"><file>half_1.map.gz</file>
    <pixel_spacing><x units="Å">9.99</x></pixel_spacing></half_map></half_map_list></interpretation>
</emd>
"""


def mmcif(*resolutions, method="FSC 0.143 CUT-OFF"):
    """An mmCIF file with these resolutions."""
    if len(resolutions) == 1:
        rows = (
            f"_em_3d_reconstruction.resolution {resolutions[0]}\n_em_3d_reconstruction.resolution_method '{method}'\n"
        )
    else:
        names = "loop_\n_em_3d_reconstruction.id\n_em_3d_reconstruction.resolution\n"
        rows = names + "".join(f"{number} {each}\n" for number, each in enumerate(resolutions, 1))
    return f"data_TEST\n_entry.id TEST\n{rows if resolutions else ''}#\n"
