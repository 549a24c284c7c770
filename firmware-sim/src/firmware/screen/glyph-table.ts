/**
 * Which characters the font has, and how wide they are. Written by font/write-font.ts from GNU Unifont 15.0.01; the tests hold
 * it to the font itself. A board with another font replaces both.
 */

/** Cells of the glyph of a character of the basic plane: 0 where there is none. What is never drawn has no meaning here. */
export function glyphCells(code: number): 0 | 1 | 2 {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= code) low = middle;
    else high = middle - 1;
  }
  const width = widths.charAt(low);
  return width === 'w' ? 2 : width === 's' ? 1 : 0;
}

/** From this character on: n none, s single, w wide. */
const RUNS =
  '20s 378n 37as 380n 384s 38bn 38cs 38dn 38es 3a2n 3a3s 52aw 52cs 530n 531s 557n 559s 58bn 58dw 58fs 590n 5bes' +
  ' 5c8n 5d0s 5ebn 5efs 5f5n 606w 609s 60bw 60cs 60ew 61bs 61ew 61fs 6aaw 6abs 6dew 6e5s 6e9w 6ees 700w 70en 710w' +
  ' 74bn 74dw 750s 790w 791s 79dw 7a0s 7b2n 7c0s 7fbn 7fes 800w 82en 830w 83fn 840w 85cn 85ew 85fn 860w 86bn 870s' +
  ' 88fn 8a0s 904w 984n 985w 98dn 98fw 991n 993w 9a9n 9aaw 9b1n 9b2w 9b3n 9b6w 9ban 9bdw 9c5n 9cew 9cfn 9dcw 9den' +
  ' 9dfw 9e4n 9e6w 9ffn a05w a0bn a0fw a11n a13w a29n a2aw a31n a32w a34n a35w a37n a38w a3an a59w a5dn a5ew a5fn' +
  ' a66w a77n a85w a8en a8fw a92n a93w aa9n aaaw ab1n ab2w ab4n ab5w aban abdw ac6n ad0w ad1n ae0w ae4n ae6w af2n' +
  ' af9w b00n b05w b0dn b0fw b11n b13w b29n b2aw b31n b32w b34n b35w b3an b3dw b45n b5cw b5en b5fw b64n b66w b78n' +
  ' b83w b84n b85w b8bn b8ew b91n b92w b96n b99w b9bn b9cw b9dn b9ew ba0n ba3w ba5n ba8w babn baew bban bd0w bd1n' +
  ' be6w bfbn c05w c0dn c0ew c11n c12w c29n c2aw c3an c3dw c45n c58w c5bn c5dw c5en c60w c64n c66w c70n c77w c8dn' +
  ' c8ew c91n c92w ca9n caaw cb4n cb5w cban cbdw cc5n cddw cdfn ce0w ce4n ce6w cf0n cf1w cf4n d04w d0dn d0ew d11n' +
  ' d12w d45n d4ew d50n d54w d64n d66w d80n d85w d97n d9aw db2n db3w dbcn dbdw dben dc0w dc7n de6w df0n df4w df5n' +
  ' e01s e3bn e3fs e5bw e5cn e81s e83n e84s e85n e86s e8bn e8cs ea4n ea5s ea6n ea7s eben ec0s ec5n ec6s ec7n ed0s' +
  ' edan edcs ee0n f00s f02w f04s f16w f1as f3aw f3cs f48n f49s f6dn f85s f88w f89s f98n fbes fc5w fcdn fces fd0w' +
  ' fd1s fd5w fdbn 1000w 10a0s 10c6n 10c7s 10c8n 10cds 10cen 10d0s 1100w 1249n 124aw 124en 1250w 1257n 1258w' +
  ' 1259n 125aw 125en 1260w 1289n 128aw 128en 1290w 12b1n 12b2w 12b6n 12b8w 12bfn 12c0w 12c1n 12c2w 12c6n 12c8w' +
  ' 12d7n 12d8w 1311n 1312w 1316n 1318w 1343s 1344w 135bn 1360w 1361s 1362w 137dn 1380w 1390s 1395w 1396s 1397w' +
  ' 1399s 139an 13a0s 13f6n 13f8s 13fen 1400s 1401w 141es 142bw 1433s 143aw 1449s 144cw 1466s 1467w 146bs 14c0w' +
  ' 14d0s 14d3w 14eas 150cw 1525s 1542w 1548s 1553w 155ds 155ew 156as 156bw 157bs 157ew 1586s 158aw 1597s 159bw' +
  ' 159fs 15a0w 15a6s 15b8w 15ees 15efw 1601s 1602w 1646s 1648w 165as 165bw 166ds 166fw 1677s 1681w 169dn 16a0s' +
  ' 16e0w 16e1s 16e2w 16e3s 16f9n 1700w 1716n 171fw 1737n 1740w 1754n 1760w 1762s 1763w 176dn 176ew 1771n 1780w' +
  ' 17d6s 17d7w 17dcs 17den 17e0w 17ean 17f0s 17fan 1800w 181an 1820w 1879n 1880w 18abn 18b0w 18b4s 18b7w 18b8s' +
  ' 18bbw 18bes 18c0w 18c3s 18c6w 18d4s 18e0w 18e9s 18eaw 18ebs 18ecw 18f3s 18f6n 1900w 191fn 1940w 1941n 1944w' +
  ' 1950s 196en 1970s 1975n 1980w 1983s 1984w 198fs 1990w 1991s 1992w 199as 199bw 199es 199fw 19a1s 19a2w 19a3s' +
  ' 19a5w 19a7s 19a8w 19acn 19b0s 19b4w 19b7s 19bbw 19c1s 19c2w 19c6s 19c7w 19c8s 19can 19d0s 19d5w 19d6s 19d7w' +
  ' 19d8s 19daw 19dbn 19dew 1a1cn 1a1ew 1a5fn 1a80w 1a8an 1a90w 1a9an 1aa0w 1aaen 1b05w 1b4dn 1b50w 1b7fn 1b83w' +
  ' 1bf4n 1bfcw 1c38n 1c3bw 1c4an 1c4dw 1c50s 1c89n 1c90s 1cbbn 1cbds 1cc0w 1cc8n 1cd3w 1cfbn 1d00s 1d7aw 1d7bs' +
  ' 1f16n 1f18s 1f1en 1f20s 1f46n 1f48s 1f4en 1f50s 1f58n 1f59s 1f5an 1f5bs 1f5cn 1f5ds 1f5en 1f5fs 1f7en 1f80s' +
  ' 1fb5n 1fb6s 1fc5n 1fc6s 1fd4n 1fd6s 1fdcn 1fdds 1ff0n 1ff2s 1ff5n 1ff6s 1fffn 2010s 2057w 2058s 2065n 2070s' +
  ' 2072n 2074s 208fn 2090s 209dn 20a0s 20b9w 20bas 20c1n 2100s 210ew 2110s 212ew 212fs 213aw 213es 213fw 2141s' +
  ' 2145w 214as 214cw 214ds 214fw 2150s 2182w 2183s 2188w 2189s 218cn 2190s 219cw 219es 21f4w 21f5s 21f9w 21fds' +
  ' 21ffw 2200s 22b6w 22b9s 22d8w 22das 22f2w 22f4s 22f5w 22f7s 22f9w 22fcs 22fdw 22fes 22ffw 2301s 2316w 2317s' +
  ' 2329w 232bs 232cw 2336s 237bw 237fs 2381w 2395s 2397w 239bs 23b2w 23b7s 23c0w 23cbs 23cdw 23cfs 23d4w 23das' +
  ' 23dbw 23e8s 23e9w 2422s 2427n 2440s 244bn 2460w 2500s 25efw 25f0s 2603w 2604s 2610w 2613s 2615w 261as 2622w' +
  ' 2625s 262bw 262ds 262fw 2638s 2672w 2690s 2692w 26a1s 26a2w 26a8s 26a9w 26aas 26adw 26b2s 26b6w 26b7s 26bdw' +
  ' 26e2s 26e3w 2768s 2776w 27b0s 27b1w 27c0s 27c1w 27c2s 27c3w 27c5s 27c8w 27cas 27cbw 27d1s 27d2w 27d3s 27d5w' +
  ' 27dfs 27e1w 27e6s 27f0w 2800s 2900w 2908s 290aw 2912s 2914w 2938s 293aw 2949s 294aw 294cs 294ew 294fs 2950w' +
  ' 2951s 2952w 2954s 2956w 2958s 295aw 295cs 295ew 2960s 2962w 297cs 297ew 2980s 2993w 2997s 299ew 299fs 29a8w' +
  ' 29d1s 29daw 29dcs 29dfw 29e1s 29e2w 29ebs 29ecw 29ees 29f4w 29f5s 29few 2a0bs 2a0cw 2a0ds 2a1dw 2a1es 2a20w' +
  ' 2a21s 2a2dw 2a2fs 2a33w 2a3cs 2a4ew 2a66s 2a68w 2a6as 2a74w 2a77s 2a78w 2a8bs 2a8dw 2a8fs 2a95w 2abfs 2acdw' +
  ' 2ad3s 2ad7w 2ades 2adfw 2aees 2af3w 2af6s 2af7w 2afes 2b00w 2b06s 2b08w 2b0ds 2b0ew 2b1ds 2b1fw 2b25s 2b2cw' +
  ' 2b2es 2b30w 2b31s 2b32w 2b4es 2b50w 2b74n 2b76w 2b96n 2b97w 2bc9s 2bcaw 2bffs 2c0fw 2c10s 2c1fw 2c20s 2c27w' +
  ' 2c2as 2c3fw 2c40s 2c4fw 2c50s 2c57w 2c5as 2ce7w 2ce8s 2ceaw 2cebs 2cf4n 2cf9s 2d05w 2d06s 2d07w 2d08s 2d0aw' +
  ' 2d0bs 2d0dw 2d0es 2d10w 2d11s 2d13w 2d15s 2d1bw 2d1ds 2d20w 2d21s 2d25w 2d26n 2d27s 2d28n 2d2ds 2d2en 2d30s' +
  ' 2d48w 2d49s 2d68n 2d6fs 2d71n 2d80w 2d97n 2da0w 2da7n 2da8w 2dafn 2db0w 2db7n 2db8w 2dbfn 2dc0w 2dc7n 2dc8w' +
  ' 2dcfn 2dd0w 2dd7n 2dd8w 2ddfn 2e00s 2e0ew 2e12s 2e13w 2e16s 2e3aw 2e3cs 2e43w 2e44s 2e50w 2e52s 2e5en 2e80w' +
  ' 2e9an 2e9bw 2ef4n 2f00w 2fd6n 2ff0w 2ffcn 3001w 303fs 3040n 3041w 3097n 309bw 3100n 3105w 3130n 3131w 318fn' +
  ' 3190w 31e4n 31f0w 321fn 3220w a48dn a490w a4c7n a4d0s a500w a62cn a640s a64cw a64es a65ew a65fs a662w a668s' +
  ' a66cw a673s a684w a686s a698w a69as a6f8n a700s a728w a72as a732w a73es a74ew a750s a758w a75as a771w a778s' +
  ' a7c2w a7c4s a7cbn a7d0s a7d2n a7d3s a7d4n a7d5s a7dan a7f2s a7ffw a828s a82aw a82dn a830w a83an a840w a878n' +
  ' a882w a8c6n a8cew a8dan a8f2w a954n a95fw a97dn a984w a9cen a9cfw a9dan a9dew a9ffn aa00w aa37n aa40w aa4en' +
  ' aa50w aa5an aa5cw aac3n aadbw aaf7n ab01w ab07n ab09w ab0fn ab11w ab17n ab20w ab27n ab28w ab2fn ab30s ab6cn' +
  ' ab70s abc0w abeen abf0w abfan ac00w d7a4n f900w fa6en fa70w fadan fb00s fb07n fb13s fb18n fb1ds fb21w fb29s' +
  ' fb37n fb38s fb3dn fb3es fb3fn fb40s fb42n fb43s fb45n fb46s fbc3n fbd3s fc1fw fc20s fc21w fc22s fc25w fc26s' +
  ' fc3dw fc3fs fcadw fcb0s fcb1w fcb8s fce7w fcebs fcfbw fcffs fd17w fd21s fd2dw fd33s fd34w fd3as fd3ew fd90n' +
  ' fd92w fdc8n fdcfw fe1an fe30w fe53n fe54w fe67n fe68w fe6cn fe70s fe75n fe76s fefdn ff01w ff61s ffbfn ffc2s' +
  ' ffc8n ffcas ffd0n ffd2s ffd8n ffdas ffddn ffe0w ffe7n ffe8s ffefn fffcw fffds fffen';

const runs = RUNS.split(' ');
const starts = Uint16Array.from(runs, (run) => Number.parseInt(run.slice(0, -1), 16));
const widths = runs.map((run) => run.slice(-1)).join('');
