using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability.Fixes;

/// <summary>Pastes each fix that <c>explain</c> proposes for generated rules, and lets real senders try before and after.</summary>
internal sealed class FixRun : IDisposable
{
    private const int FirstPort = 8000;
    private const int AtOnce = 24;
    private const int MaximumFailures = 5;

    /// <summary>A SYN is sent again after a second only; what is not there by then does not come.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(0.5);

    private readonly LabPair _pair = LabPair.Create();

    public FixRun()
    {
        foreach (var sender in FixCase.Senders.Skip(1))
        {
            _pair.Scanner.Address("scan0", $"{sender}/24");
        }

        _pair.Target.ListenTcp([.. Enumerable.Range(FirstPort, AtOnce)]);
    }

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

    public string Summary => string.Create(CultureInfo.InvariantCulture, $"{Cases} rulesets, {Open} senders got in before: {Fixed} fixed by commands, {Refused} left to a person, {Failures.Count} wrong\n{string.Join('\n', Reasons.Take(20))}");

    /// <summary>Runs the cases of these seeds.</summary>
    public async Task Run(int firstSeed, int count)
    {
        for (var at = 0; at < count && Failures.Count < MaximumFailures; at += AtOnce)
        {
            var cases = Enumerable.Range(0, Math.Min(AtOnce, count - at)).Select(i => FixCase.Make(firstSeed + at + i, FirstPort + i)).ToList();
            _pair.Target.Nft(string.Concat(cases.Select(static c => c.Text)));
            try
            {
                var before = await Reach(cases);
                Open += before.Sum(static b => b.Count);
                var pasted = cases.Select((c, i) => Paste(c, before[i])).ToList();
                var after = await Reach(cases);
                for (var i = 0; i < cases.Count; i++)
                {
                    if (pasted[i] is { } fix && Wrong(cases[i], fix, before[i], after[i]) is { } wrong)
                    {
                        Failures.Add($"seed {cases[i].Seed}, asked for {fix.Asked ?? "all"}: {wrong}\n{cases[i].Text}{string.Join('\n', fix.Lines)}\n");
                    }
                }
            }
            finally
            {
                _pair.Target.Nft("flush ruleset");
            }

            Cases += cases.Count;
        }
    }

    /// <summary>Asks for one sender who does not get in, or for all, and pastes what is said.</summary>
    private Fix? Paste(FixCase rules, HashSet<string> before)
    {
        var stopped = FixCase.Senders.Where(s => !before.Contains(s)).ToList();
        if (stopped.Count == 0)
        {
            return null;
        }

        var asked = rules.Seed % 4 == 0 ? null : stopped[rules.Seed % stopped.Count];
        var port = rules.Port.ToString(CultureInfo.InvariantCulture);
        var explanation = LabConsole.Explain(_pair.Target, asked is null ? [port, "-4"] : [port, "--from", asked]);
        if (explanation.Fixes.Count > 0)
        {
            LabConsole.Paste(_pair.Target, explanation);
        }

        var isWhole = explanation.Fixes.Count > 0 && !explanation.Fixes.Any(static f => f.StartsWith('#'));
        Fixed += isWhole ? 1 : 0;
        Refused += isWhole ? 0 : 1;
        if (!isWhole)
        {
            Reasons.Add($"seed {rules.Seed}, {asked ?? "all"}: {explanation.Headline} {string.Join(" | ", explanation.Fixes)}");
        }

        return new Fix(asked, explanation.Fixes, isWhole);
    }

    private static string? Wrong(FixCase rules, Fix fix, HashSet<string> before, HashSet<string> after)
    {
        if (FixCase.Senders.FirstOrDefault(s => rules.Banned.Contains(s) && !before.Contains(s) && after.Contains(s)) is { } freed)
        {
            return $"{freed} is banned, and gets in now";
        }

        if (FixCase.Senders.FirstOrDefault(s => before.Contains(s) && !after.Contains(s)) is { } closed)
        {
            return $"{closed} got in, and does not any more";
        }

        if (fix is { Asked: { } asked, IsWhole: true } && !after.Contains(asked))
        {
            return "it does not get in";
        }

        if (fix is { Asked: null, IsWhole: true } && FixCase.Senders.FirstOrDefault(s => !rules.Banned.Contains(s) && !after.Contains(s)) is { } left)
        {
            return $"{left} does not get in";
        }

        return fix.Asked is { } one && !fix.Lines.Any(static l => l.Contains("also", StringComparison.Ordinal)) && FixCase.Senders.FirstOrDefault(s => s != one && after.Contains(s) != before.Contains(s)) is { } other
            ? $"{other} gets in now too"
            : null;
    }

    private async Task<List<HashSet<string>>> Reach(List<FixCase> cases)
    {
        var tries = await Task.WhenAll(cases.SelectMany(c => FixCase.Senders.Select(async s => (c.Port, Sender: s, Works: await Connects(c.Port, s)))));
        return [.. cases.Select(c => tries.Where(t => t.Port == c.Port && t.Works).Select(static t => t.Sender).ToHashSet(StringComparer.Ordinal))];
    }

    private async Task<bool> Connects(int port, string sender)
    {
        using var socket = _pair.Scanner.Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        socket.LingerState = new LingerOption(true, 0);
        socket.Bind(new IPEndPoint(IPAddress.Parse(sender), 0));
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse("198.18.0.2"), port), patience.Token);
            return true;
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            return false;
        }
    }

    public void Dispose() => _pair.Dispose();

    private sealed record Fix(string? Asked, IReadOnlyList<string> Lines, bool IsWhole);
}
