using Portolan.Linux.Tun;

namespace Portolan.TunScenarios;

/// <summary>
/// One stream over a TUN device, each way, with and without offload, beside the kernel over a virtual cable and the bare device. All take
/// turns.
/// </summary>
internal static class TunScenario
{
    private const long Warming = 64L << 20;
    private const long Whole = 320L << 20;
    private const int Packets = 400_000;

    /// <summary>
    /// Whether streams are read and written on the stack's thread, and whether the kernel takes what the stack sends on one of its own.
    /// </summary>
    private static readonly (bool RunsInline, bool HasThread, string Way)[] Ways =
        [(false, false, ""), (true, false, ", inline"), (false, true, ", kernel thread"), (true, true, ", inline, kernel thread")];

    internal static void Run(Report report, int runs, Func<string, bool> wants)
    {
        // The first turn is for the compiler, which else would take a part of the two processors while the first figures are made.
        for (var run = -1; run < runs; run++)
        {
            report.IsQuiet = run < 0;
            foreach (var (usesOffload, word) in ((bool, string)[])[(false, "no offload"), (true, "offload")])
            {
                var factor = usesOffload ? 4 : 1;
                StreamFigures.Note(
                    report, wants, $"kernel to kernel over veth, {word}", () => new VethStreams(usesOffload),
                    v => v.Run(Warming * factor, Whole * factor));
                foreach (var (runsInline, hasThread, way) in Ways)
                {
                    var options = new TunOptions { UsesOffload = usesOffload, UsesKernelThread = hasThread };
                    StreamFigures.Note(
                        report, wants, $"kernel to stack over TUN, {word}{way}", () => new TunStreams(options, runsInline),
                        t => t.ToStack(Warming * factor, Whole * factor));
                    StreamFigures.Note(
                        report, wants, $"stack to kernel over TUN, {word}{way}", () => new TunStreams(options, runsInline),
                        t => t.FromStack(Warming * factor, Whole * factor));
                }
            }

            Device("the device alone, read, Gb/s", static c => c.Read(Packets));
            Device("the device alone, written, Gb/s", static c => c.Write(Packets));
        }

        foreach (var word in (string[])["no offload", "offload"])
        {
            foreach (var (_, _, way) in Ways)
            {
                report.Ratio(
                    $"kernel to stack, {word}{way}, against kernel to kernel", $"kernel to stack over TUN, {word}{way}, Gb/s",
                    $"kernel to kernel over veth, {word}, Gb/s");
                report.Ratio(
                    $"stack to kernel, {word}{way}, against kernel to kernel", $"stack to kernel over TUN, {word}{way}, Gb/s",
                    $"kernel to kernel over veth, {word}, Gb/s");
            }
        }

        report.Ratio(
            "kernel to stack, no offload, against the device alone", "kernel to stack over TUN, no offload, Gb/s",
            "the device alone, read, Gb/s");
        report.Ratio(
            "stack to kernel, no offload, against the device alone", "stack to kernel over TUN, no offload, Gb/s",
            "the device alone, written, Gb/s");

        void Device(string figure, Func<TunCeilings, double> rate)
        {
            if (wants(figure))
            {
                using var ceilings = new TunCeilings();
                report.Note(figure, rate(ceilings));
            }
        }
    }
}
