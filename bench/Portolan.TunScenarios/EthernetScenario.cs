namespace Portolan.TunScenarios;

/// <summary>One stream over a virtual cable, the stack on a packet socket at one end, beside the kernel at both. All take turns.</summary>
internal static class EthernetScenario
{
    private const long Warming = 64L << 20;
    private const long Whole = 320L << 20;

    internal static void Run(Report report, int runs, Func<string, bool> wants)
    {
        // The first turn is for the compiler.
        for (var run = -1; run < runs; run++)
        {
            report.IsQuiet = run < 0;
            foreach (var (isAble, cable) in ((bool, string)[])[(false, "a cable that cuts nothing"), (true, "a cable that cuts")])
            {
                var factor = isAble ? 4 : 1;
                StreamFigures.Note(
                    report, wants, $"kernel to kernel, {cable}", () => new VethStreams(isAble),
                    v => v.Run(Warming * factor, Whole * factor));
                foreach (var (usesOffload, word) in ((bool, string)[])[(false, "no offload"), (true, "offload")])
                {
                    foreach (var (runsInline, way) in ((bool, string)[])[(false, ""), (true, ", inline")])
                    {
                        StreamFigures.Note(
                            report, wants, $"kernel to stack, {cable}, {word}{way}",
                            () => new EthernetStreams(usesOffload, isAble, runsInline), t => t.ToStack(Warming * factor, Whole * factor));
                        StreamFigures.Note(
                            report, wants, $"stack to kernel, {cable}, {word}{way}",
                            () => new EthernetStreams(usesOffload, isAble, runsInline), t => t.FromStack(Warming, Whole));
                    }
                }
            }
        }

        foreach (var cable in (string[])["a cable that cuts nothing", "a cable that cuts"])
        {
            foreach (var way in (string[])["no offload", "no offload, inline", "offload", "offload, inline"])
            {
                report.Ratio(
                    $"kernel to stack, {cable}, {way}, against kernel to kernel", $"kernel to stack, {cable}, {way}, Gb/s",
                    $"kernel to kernel, {cable}, Gb/s");
                report.Ratio(
                    $"stack to kernel, {cable}, {way}, against kernel to kernel", $"stack to kernel, {cable}, {way}, Gb/s",
                    $"kernel to kernel, {cable}, Gb/s");
            }
        }
    }
}
