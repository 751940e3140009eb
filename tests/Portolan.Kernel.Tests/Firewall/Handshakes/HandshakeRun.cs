using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Portolan.Kernel.Tests.Firewall.Handshakes;

/// <summary>Generated rules, each about one port, many ports in one namespace at once: connections are made and judged.</summary>
internal sealed class HandshakeRun : IDisposable
{
    /// <summary>A port where both hosts answer, and about which there are no rules.</summary>
    public const int FreePort = 7999;

    private const int FirstPort = 8000;
    private const int AtOnce = 100;
    private const int FirstSourcePort = 32_768;
    private const int SourcePorts = 28_000;
    private const int MaximumFailures = 5;

    // As long as may be on a busy machine, before a SYN is sent again.
    private static readonly TimeSpan WhenInDoubt = TimeSpan.FromSeconds(0.9);

    private readonly HandshakeLab _lab = new([FreePort, .. Enumerable.Range(FirstPort, AtOnce)]);
    private int _lastSourcePort;

    public int Rulesets { get; private set; }

    public int Proved { get; private set; }

    public int Works { get; private set; }

    public int Depending { get; private set; }

    /// <summary>Rules with a wrong verdict, each made small.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Why verdicts were not proved, with how often.</summary>
    public Dictionary<string, int> Doubts { get; } = new(StringComparer.Ordinal);

    public TimeSpan Judging { get; private set; }

    public string Summary => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {Rulesets} rulesets; {Proved + Depending} connections, {Works} of them work, {Proved} proved ({100.0 * Proved / Math.Max(1, Proved + Depending):F1} %), {Failures.Count} rulesets judged wrong; judging took {Judging.TotalSeconds:F1} s
        {string.Join('\n', Doubts.OrderByDescending(static d => d.Value).Take(25).Select(static d => $"  {d.Value} × {d.Key}"))}
        """);

    /// <summary>Runs the rules of these seeds.</summary>
    public async Task Run(int firstSeed, int count)
    {
        for (var at = 0; at < count && Failures.Count < MaximumFailures; at += AtOnce)
        {
            var drafts = Enumerable.Range(firstSeed + at, Math.Min(AtOnce, count - at)).Select(HandshakeGenerator.Make).ToArray();
            foreach (var wrong in await Differing(drafts, isCounted: true))
            {
                // Alone and with more patience it must still be so.
                if (Failures.Count < MaximumFailures && await Differs(wrong) is { } text)
                {
                    Failures.Add(await Describe(wrong, text));
                }
            }

            Rulesets += drafts.Length;
        }
    }

    private async Task<string> Describe(HandshakeDraft draft, string text)
    {
        for (var isSmaller = true; isSmaller;)
        {
            isSmaller = false;
            foreach (var next in draft.Smaller())
            {
                if (await Differs(next) is { } still)
                {
                    (draft, text, isSmaller) = (next, still, true);
                    break;
                }
            }
        }

        return $"{draft}  {text}\n";
    }

    private async Task<string?> Differs(HandshakeDraft draft)
    {
        string? text = null;
        await Differing([draft], isCounted: false, t => text = t);
        return text;
    }

    // Those with a verdict that is proved and wrong.
    private async Task<List<HandshakeDraft>> Differing(HandshakeDraft[] drafts, bool isCounted, Action<string>? tell = null)
    {
        _lab.Target.Nft(Rules(drafts));
        try
        {
            var attempts = drafts.SelectMany(
                (d, i) =>
                    new[] { true, false }.Select(is4 => (Draft: d, Attempt: new Handshake(is4, FirstPort + i, d.IsOutgoing, SourcePort()))))
                    .ToArray();
            var works = await _lab.Try([.. attempts.Select(static a => a.Attempt)], isCounted ? HandshakeLab.Patience : WhenInDoubt);
            var start = Stopwatch.GetTimestamp();
            var judge = _lab.Judge();
            var wrong = new List<HandshakeDraft>();
            for (var i = 0; i < attempts.Length; i++)
            {
                var (draft, attempt) = attempts[i];
                var outcomes = HandshakeLab.Say(judge, attempt);
                var said = HandshakeWords.Of(outcomes);
                if (isCounted)
                {
                    Count(said, outcomes, works[i]);
                }

                if (said.IsProvedToWork is { } isProved && isProved != works[i] && !wrong.Contains(draft))
                {
                    wrong.Add(draft);
                    tell?.Invoke($"{attempt}: the kernel: {(works[i] ? "works" : "fails")}, the judge: {said.Text}");
                }
            }

            Judging += Stopwatch.GetElapsedTime(start);
            return wrong;
        }
        finally
        {
            _lab.Target.Nft("flush ruleset");
        }
    }

    // Every connection its own: what tracking keeps of another would be taken for it.
    private int SourcePort() => FirstSourcePort + (_lastSourcePort++ * 7919 % SourcePorts);

    private void Count(HandshakeWords said, Portolan.Firewall.Judging.FlowOutcome[] outcomes, bool works)
    {
        Works += works ? 1 : 0;
        if (said.IsProvedToWork is not null)
        {
            Proved++;
            return;
        }

        Depending++;
        var why = outcomes.SelectMany(static o => o.Questions.Concat(o.Hindrance?.Questions ?? [])).Select(static q => q.Why)
            .FirstOrDefault() ?? "several fates";
        Doubts[why] = Doubts.GetValueOrDefault(why) + 1;
    }

    private static string Rules(HandshakeDraft[] drafts)
    {
        var (leaves, bases) = (new StringBuilder(), new SortedDictionary<string, StringBuilder>(StringComparer.Ordinal));
        for (var i = 0; i < drafts.Length; i++)
        {
            foreach (var chain in drafts[i].Rules.GroupBy(static r => (r.Type, r.Hook, r.Priority)))
            {
                var (type, hook, priority) = chain.Key;
                var port = FirstPort + i;
                var name = string.Create(CultureInfo.InvariantCulture, $"p{port}_{type}_{hook}_{priority}").Replace('-', 'm');
                leaves.Append(
                    CultureInfo.InvariantCulture, $"chain {name} {{\n{string.Join('\n', chain.Select(static r => r.Text))}\n}}\n");
                var head = string.Create(CultureInfo.InvariantCulture, $"type {type} hook {hook} priority {priority};");
                if (!bases.TryGetValue(head, out var text))
                {
                    bases.Add(head, text = new StringBuilder());
                }

                text.Append(CultureInfo.InvariantCulture, $"tcp {(drafts[i].IsTowards(hook) ? "dport" : "sport")} {port} jump {name}\n");
            }
        }

        return $"table inet f {{\n{leaves}{string.Concat(bases.Select(static (b, i) => $"chain b{i} {{ {b.Key}\n{b.Value}}}\n"))}}}\n";
    }

    public void Dispose() => _lab.Dispose();
}
