using System.Globalization;

namespace Portolan.Kernel.Tests.Reachability.Fixes;

/// <summary>Pastes each fix that <c>explain</c> proposes for generated rules, and lets real senders try before and after.</summary>
internal sealed class FixRun : IDisposable
{
    private const int MaximumFailures = 5;
    private readonly FixLab _lab = new();

    public int Cases { get; private set; }

    /// <summary>Questions that were answered with commands alone.</summary>
    public int Fixed { get; private set; }

    /// <summary>Questions that were answered with a comment, for there is nothing harmless to run.</summary>
    public int Refused { get; private set; }

    /// <summary>Senders who got in before anything was pasted.</summary>
    public int Open { get; private set; }

    public List<string> Failures { get; } = [];

    /// <summary>What was said where nothing harmless is to be run.</summary>
    public List<string> Reasons { get; } = [];

    public string Summary =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Cases} rulesets, {Open} senders got in before: {Fixed} fixed by commands, {Refused} left to a person, {Failures.Count} "
                + $"wrong\n{string.Join('\n', Reasons.Take(20))}");

    /// <summary>Runs the cases of these seeds.</summary>
    public async Task Run(IReadOnlyList<int> seeds)
    {
        foreach (var group in seeds.GroupBy(FixCase.GroupOf))
        {
            foreach (var some in group.Chunk(FixLab.AtOnce))
            {
                if (Failures.Count >= MaximumFailures)
                {
                    return;
                }

                var cases = some.Select(static (s, i) => FixCase.Make(s, FixCase.FirstPort + i)).ToList();
                foreach (var seed in (await Wrong(cases, isCounted: true)).Select(static w => w.Rules.Seed))
                {
                    // Alone, and once more: a busy machine may be late.
                    if (await Wrong([FixCase.Make(seed, FixCase.FirstPort)], isCounted: false) is [var still])
                    {
                        Failures.Add(
                            $"asked for {still.Fix.Asked ?? "all"}: {still.Text}\n{still.Rules}{string.Join('\n', still.Fix.Lines)}\n");
                    }
                }

                Cases += cases.Count;
            }
        }
    }

    private async Task<List<(FixCase Rules, Fix Fix, string Text)>> Wrong(List<FixCase> cases, bool isCounted)
    {
        _lab.Load(cases);
        try
        {
            var before = await _lab.Reach(cases);
            var pasted = cases.Select((c, i) => Paste(c, before[i], isCounted)).ToList();
            var after = await _lab.Reach(cases);
            Open += isCounted ? before.Sum(static b => b.Count) : 0;
            return [.. cases.Select((c, i) => (c, pasted[i]!, pasted[i] is { } fix ? Wrong(c, fix, before[i], after[i]) : null))
                .Where(static w => w.Item3 is not null).Select(static w => (w.c, w.Item2, w.Item3!))];
        }
        finally
        {
            _lab.Clear(cases);
        }
    }

    /// <summary>Asks for one sender who does not get in, or for all, and pastes what is said.</summary>
    private Fix? Paste(FixCase rules, HashSet<string> before, bool isCounted)
    {
        var stopped = rules.Senders.Where(s => !before.Contains(s)).ToList();
        if (stopped.Count == 0)
        {
            return null;
        }

        var asked = rules.Seed % 5 == 0 ? null : stopped[rules.Seed % stopped.Count];
        var port = string.Create(CultureInfo.InvariantCulture, $"{rules.Port}/{rules.Protocol}");
        var explanation = LabConsole.Explain(_lab.Target, asked is null ? [port, rules.IsIPv4 ? "-4" : "-6"] : [port, "--from", asked]);
        if (explanation.Fixes.Count > 0)
        {
            LabConsole.Paste(_lab.Target, explanation);
        }

        var isWhole = explanation.Fixes.Count > 0 && !explanation.Fixes.Any(static f => f.StartsWith('#'));
        if (isCounted)
        {
            Fixed += isWhole ? 1 : 0;
            Refused += isWhole ? 0 : 1;
            if (!isWhole)
            {
                Reasons.Add($"seed {rules.Seed}, {asked ?? "all"}: {explanation.Headline} {string.Join(" | ", explanation.Fixes)}");
            }
        }

        return new Fix(asked, explanation.Fixes, isWhole);
    }

    private static string? Wrong(FixCase rules, Fix fix, HashSet<string> before, HashSet<string> after)
    {
        if (rules.Senders.FirstOrDefault(
            s => rules.Banned.Contains(s) && !rules.Unclear.Contains(s) && !before.Contains(s) && after.Contains(s)) is { } freed)
        {
            return $"{freed} is banned, and gets in now";
        }

        if (before.FirstOrDefault(s => !after.Contains(s)) is { } closed)
        {
            return $"{closed} got in, and does not any more";
        }

        if (fix is { Asked: { } asked, IsWhole: true } && !after.Contains(asked))
        {
            return "it does not get in";
        }

        if (fix is { Asked: null, IsWhole: true }
            && rules.Senders.FirstOrDefault(s => !rules.Banned.Contains(s) && !rules.Unclear.Contains(s) && !after.Contains(s)) is { } left)
        {
            return $"{left} does not get in";
        }

        var others = fix.Asked is null ? FixCase.SendersOf(!rules.IsIPv4) : after.Where(s => s != fix.Asked);
        return !fix.Lines.Any(static l => l.Contains("also", StringComparison.Ordinal))
            && others.FirstOrDefault(s => after.Contains(s) != before.Contains(s)) is { } other
            ? $"{other} gets in now too"
            : null;
    }

    public void Dispose() => _lab.Dispose();

    private sealed record Fix(string? Asked, IReadOnlyList<string> Lines, bool IsWhole);
}
