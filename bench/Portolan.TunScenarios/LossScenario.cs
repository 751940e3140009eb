using Portolan.Transport.Links;

namespace Portolan.TunScenarios;

/// <summary>
/// One stream over a link that loses 1 % each way and takes 10 ms each way. All pairs of a seed run at the same time, each over a fault
/// link of its own with that seed: what they send is little work, so they do not hinder each other, and whatever disturbs the machine
/// disturbs them alike.
/// </summary>
internal static class LossScenario
{
    private const string Left = "198.18.6.1";
    private const string Right = "198.18.6.2";
    private const int AtOnce = 4;

    private static readonly FaultProfile Faults = new() { Loss = 0.01, Delay = TimeSpan.FromMilliseconds(10) };

    private static readonly (string Name, Func<string, LossEnd> Sender, Func<string, LossEnd> Receiver)[] Pairs =
    [
        ("kernel to kernel", static a => new KernelLossEnd(a), static a => new KernelLossEnd(a)),
        ("stack to stack", static a => new StackLossEnd(a), static a => new StackLossEnd(a)),
        ("stack to kernel", static a => new StackLossEnd(a), static a => new KernelLossEnd(a)),
        ("kernel to stack", static a => new KernelLossEnd(a), static a => new StackLossEnd(a)),
    ];

    internal static void Run(Report report, int seeds, int megabytes, Func<string, bool> wants)
    {
        var pairs = Pairs.Where(p => wants(p.Name)).ToArray();
        for (var first = 0; first < seeds; first += AtOnce)
        {
            var runs = Enumerable.Range(first, Math.Min(AtOnce, seeds - first))
                .SelectMany(
                    seed => pairs.Select(
                        pair => (pair.Name, Rate: RunPair(pair.Sender, pair.Receiver, (ulong)seed + 1, (long)megabytes << 20))))
                .ToArray();
            Task.WaitAll([.. runs.Select(r => r.Rate)]);
            foreach (var (name, rate) in runs)
            {
                report.Note($"{name}, Mb/s", rate.Result);
            }
        }

        foreach (var (name, _, _) in Pairs[1..])
        {
            report.Ratio($"{name} against kernel to kernel", $"{name}, Mb/s", "kernel to kernel, Mb/s");
        }
    }

    private static async Task<double> RunPair(Func<string, LossEnd> newSender, Func<string, LossEnd> newReceiver, ulong seed, long bytes)
    {
        using var sender = newSender(Left);
        using var receiver = newReceiver(Right);
        using var relay = new FaultRelay(sender.Link, receiver.Link, Faults, seed << 1);
        var meter = new Meter(0, bytes);
        await Task.Run(() => Task.WhenAll(receiver.Receive(meter), sender.Send(Right, bytes)));
        return meter.GigabitsPerSecond * 1000;
    }
}
