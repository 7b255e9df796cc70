/** storages: RAL's own prefixes and the usual size of a list, so that lines, lists and answers have the length of real ones. */
export const SOURCE = 'srm://srm-lhcb.gridpp.rl.ac.uk:8443/srm/managerv2?SFN=/castor/ads.rl.ac.uk/prod';
export const DESTINATION = 'gsiftp://gridftp.echo.stfc.ac.uk/lhcb:prod';
export const LFNS_PER_LIST = 20;
