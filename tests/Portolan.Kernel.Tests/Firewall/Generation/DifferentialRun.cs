using System.Diagnostics;
using System.Globalization;
using Portolan.Kernel.Tests.Firewall.Referee;

namespace Portolan.Kernel.Tests.Firewall.Generation;

/// <summary>Generated rulesets and packets, judged and sent; counts, and stops at a proved verdict that is wrong.</summary>
internal sealed class DifferentialRun(RefereeLab lab)
{
    private const int PacketsEach = 20;
    private const int MaximumFailures = 5;

    private readonly Portolan.Firewall.Host.HostFacts _host = JudgeSide.ReadHost(lab);

    public int Loaded { get; private set; }

    public int Refused { get; private set; }

    public int Proved { get; private set; }

    public int Depending { get; private set; }

    public TimeSpan Judging { get; private set; }

    /// <summary>Rulesets with a wrong verdict, each made small.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Why verdicts were not proved, with how often.</summary>
    public Dictionary<string, int> Doubts { get; } = new(StringComparer.Ordinal);

    /// <summary>What nft says of rulesets that it refuses.</summary>
    public List<string> Errors { get; } = [];

    public string Summary => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {Loaded} rulesets, {Refused} more refused by nft; {Proved + Depending} packets, {Proved} proved ({100.0 * Proved / Math.Max(1, Proved + Depending):F2} %), {Failures.Count} rulesets judged wrong; judging took {Judging.TotalSeconds:F1} s
        {string.Join('\n', Doubts.OrderByDescending(d => d.Value).Take(25).Select(d => $"  {d.Value} × {d.Key}"))}
        """);

    /// <summary>Runs the rulesets of these seeds.</summary>
    public void Run(int firstSeed, int count)
    {
        for (var seed = firstSeed; seed < firstSeed + count && Failures.Count < MaximumFailures; seed++)
        {
            var dice = new Dice(seed);
            var addresses = new AddressPool(dice);
            var ports = new PortPool(dice);
            var draft = new RulesetGenerator(dice, addresses, ports).Make();
            var packets = new PacketGenerator(dice, addresses, ports).Make(PacketsEach);
            var isWide = dice.Percent(60);
            if (Try(draft, packets, isWide, isCounted: true) is { } wrong)
            {
                Failures.Add(Describe(seed, draft, packets, wrong, isWide));
            }
        }
    }

    /// <summary>The first packet that is judged wrong, or <c>null</c>, also where nft refuses the rules.</summary>
    private (RefereePacket Packet, string Text)? Try(RulesetDraft draft, List<RefereePacket> packets, bool isWide, bool isCounted)
    {
        var ready = lab.Prepare(packets);
        var (_, error, exit) = lab.Target.Execute("/usr/sbin/nft", draft.Text, "-f", "-");
        if (exit != 0)
        {
            if (isCounted)
            {
                Refused++;
                Errors.Add(error);
            }

            return null;
        }

        try
        {
            var judge = JudgeSide.Of(lab, _host);
            var fates = lab.Exchange(ready);
            Loaded += isCounted ? 1 : 0;
            (RefereePacket, string)? wrong = null;
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < ready.Length; i++)
            {
                var said = judge.Compare(ready[i], fates[i], isWide);
                if (isCounted)
                {
                    Count(said);
                }

                if (said.Agreement == Agreement.Differs)
                {
                    wrong ??= (packets[i], said.Text);
                }
            }

            Judging += Stopwatch.GetElapsedTime(start);
            return wrong;
        }
        finally
        {
            lab.Target.Nft(draft.Removal);
        }
    }

    private void Count(Comparison said)
    {
        if (said.Agreement != Agreement.Depends)
        {
            Proved++;
            return;
        }

        Depending++;
        var open = said.Text.IndexOf("open: ", StringComparison.Ordinal);
        var why = open < 0 ? said.Text : said.Text[open..].Split('\n')[0].Split(": ", 3)[^1];
        Doubts[why] = Doubts.GetValueOrDefault(why) + 1;
    }

    private string Describe(
        int seed, RulesetDraft draft, List<RefereePacket> packets, (RefereePacket Packet, string Text) wrong, bool isWide)
    {
        // Most are wrong alone. What is wrong only behind others keeps those that it needs.
        List<RefereePacket> needed = Try(draft, [wrong.Packet], isWide, isCounted: false) is null ? [.. packets] : [wrong.Packet];
        for (var i = needed.Count - 1; needed.Count > 1 && i >= 0; i--)
        {
            List<RefereePacket> fewer = [.. needed[..i], .. needed[(i + 1)..]];
            needed = Try(draft, fewer, isWide, isCounted: false) is null ? needed : fewer;
        }

        var (text, small) = (wrong.Text, draft);
        for (var isSmaller = true; isSmaller;)
        {
            isSmaller = false;
            foreach (var next in small.Smaller())
            {
                if (next.Tables.Count > 0 && Try(next, needed, isWide, isCounted: false) is { } still)
                {
                    (small, text, isSmaller) = (next, still.Text, true);
                    break;
                }
            }
        }

        var behind = needed.Count == 1 ? "" : $"behind others:\n{string.Join('\n', needed.Select(p => $"  {p}"))}\n";
        return $"seed {seed}{(isWide ? ", all senders at once" : "")}\n{small.Text}{behind}{text}\n";
    }
}
