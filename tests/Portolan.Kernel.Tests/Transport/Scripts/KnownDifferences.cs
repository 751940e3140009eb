using System.Text.RegularExpressions;

namespace Portolan.Kernel.Tests.Transport.Scripts;

/// <summary>A difference that is meant.</summary>
/// <param name="Name">Its name, also in docs/kernel-differences.md, which tells why.</param>
/// <param name="Ends">Whether the hosts are in different states after it, so that the rest of the script says nothing.</param>
/// <param name="Explains">Whether a difference is this one.</param>
internal sealed record KnownDifference(string Name, bool Ends, Func<ScriptDifference, bool> Explains);

/// <summary>Where the stack's profile of Linux means not to do as the kernel. What is not here is a mistake of the stack's.</summary>
internal static partial class KnownDifferences
{
    internal static IReadOnlyList<KnownDifference> All { get; } =
    [
        // On the way.
        new("PSH within a write", Ends: false, static d => d.IsOnlyOnTheWire && IsSameButFor(d, Push)),
        new(
            "SACK beside data", Ends: false,
            static d =>
                d.IsOnlyOnTheWire && d.Kernel.Segments.Any(static s => s.Length > 0 && s.Text.Contains("sack", StringComparison.Ordinal))
            && d.Kernel.Segments.Sum(static s => s.Length) == d.Stack.Segments.Sum(static s => s.Length)),
        new("delayed acknowledgment", Ends: false, static d => d.IsOnlyOnTheWire && (IsDelay(d.Kernel, d.Stack) || HasToldBlocks(d))),
        new(
            "no ACK bit", Ends: false,
            static d =>
                d is { IsOnlyOnTheWire: true, IsAck: false, IsReset: false, IsSyn: false, Flags: not "" }
                    && (d.KernelIsSilent || d.StackIsSilent)),
        new(
            "gap told beside data", Ends: false,
            static d => d.IsOnlyOnTheWire && d.Stack.Segments.Count > 1 && d.Stack.Segments[^1].IsPureAcknowledgment
            && d.Kernel.Segments.Count == d.Stack.Segments.Count - 1),
        new(
            "old pure ACK", Ends: false,
            static d => d is { IsOnlyOnTheWire: true, IsAck: true, IsReset: false, KernelIsSilent: true, StackAcknowledges: true }
            && d.Line.Contains(" ts=50", StringComparison.Ordinal) && d.Stack.Numbers.Start == d.Stack.Numbers.End),
        new("FIN in SACK", Ends: false, static d => d.IsOnlyOnTheWire && d.HasEarlierFin && IsSameButForBlocks(d)),
        new(
            "text that is acknowledged late", Ends: true,
            static d => d.HasOverlap || (d is { IsOnlyOnTheWire: true, StartsLate: true } && IsSameButFor(d, Echo))),

        new("old ACK", Ends: true, static d => d.HasOldAcknowledgment),

        // Opening.
        new(
            "text in a SYN-ACK", Ends: true,
            static d =>
                d is { State: "SYN-SENT", IsSyn: true, IsAck: true }
                    or { IsSimultaneous: true, State: "SYN-RECEIVED", IsSyn: true, IsFin: true }
                    && d.Stack.Numbers.End - d.Stack.Numbers.Start > 1),
        new(
            "simultaneous open: options", Ends: false,
            static d => d is { State: "SYN-SENT", IsSyn: true, IsAck: false, IsOnlyOnTheWire: true }),
        new(
            "simultaneous open: window", Ends: false,
            static d => d is { IsSimultaneous: true, IsOnlyOnTheWire: true } && (IsSameButFor(d, Marks) || IsDelayButForWindows(d))),
        new(
            "simultaneous open: ACK of nothing", Ends: true,
            static d => d is { State: "SYN-RECEIVED", IsSimultaneous: true, IsAck: true, StackResets: true }),
        new(
            "simultaneous open: CLOSE", Ends: true,
            static d =>
                d is { State: "SYN-RECEIVED", IsSimultaneous: true }
                    && d.Script.Take(d.Index + 1).Any(static line => line is "close" or "shutdown")),
        new(
            "handshake: ACK before number", Ends: true,
            static d => d is { State: "SYN-RECEIVED", IsAck: true, KernelResets: true, StackAcknowledges: true }),
        new(
            "handshake: RST and PAWS", Ends: true,
            static d => d is { State: "SYN-RECEIVED", IsReset: true } or { HasResetWithOldTimestamp: true }),
        new(
            "handshake: echo of another time", Ends: true,
            static d =>
                d is { State: "SYN-RECEIVED", IsAck: true, KernelAcknowledges: true } && d.Line.Contains(" ts=", StringComparison.Ordinal)
            && !d.Kernel.Segments[0].AcknowledgesNews),
        new(
            "handshake: SYN ends it", Ends: true,
            static d => d is { State: "SYN-RECEIVED", IsSyn: true, KernelResets: true, StackAcknowledges: true }),

        new("by a cookie: CLOSE", Ends: true, static d => d is { State: "SYN-RECEIVED", HasCookie: true }
            && d.Script.Take(d.Index + 1).Any(static line => line is "close" or "shutdown")),

        // Closing.
        new("text after FIN", Ends: true, static d => d.HasTextAfterFin),
        new("text beyond a FIN", Ends: true, static d => d is { HasEarlierFin: true, HasGap: true }),
        new("FIN-WAIT-2 without a program", Ends: true, static d => d is { State: "FIN-WAIT-2", HasClosed: true }),
        new("out of order to no program", Ends: true, static d => d is { HasClosed: true, State: "FIN-WAIT-1", KernelResets: true }),
        new("RST and unread text", Ends: false, static d => d.Line == "read" && d.HasReset && d.Stack.State == "CLOSED"),

        new("closing with a gap", Ends: true, static d => d is { Line: "close", StackResets: true, KernelResets: false, HasGap: true }),
        new("SACK in an RST", Ends: true, static d => d is { KernelResets: true, StackResets: true } && IsSameButFor(d, SackBlocks)),

        // TIME-WAIT.
        new(
            "TIME-WAIT: TS.Recent", Ends: false,
            static d => d is { State: "TIME-WAIT", KernelAcknowledges: true, StackAcknowledges: true } && IsSameButFor(d, Echo)),
        new("TIME-WAIT: who may take it over", Ends: true, static d => d is { State: "TIME-WAIT", IsSyn: true, KernelAcknowledges: true }),

        // Windows.
        new(
            "number after a window that shrank", Ends: false,
            static d =>
                d is { IsOnlyOnTheWire: true, HasWindow: true } && d.Kernel.Segments.Sum(static s => s.Length) == 0
                    && IsSameButFor(d, FirstNumber)),
        new(
            "RST with text at a shut window", Ends: true,
            static d => d is { IsReset: true, State: "ESTABLISHED" } && d.Script.Contains("fill") && d.Stack.State == "CLOSED"),
    ];

    /// <summary>
    /// One host has acknowledged what the other will acknowledge soon: the same but for pure acknowledgments of something new, and their
    /// last the same where both sent any.
    /// </summary>
    private static bool IsDelay(ScriptStep left, ScriptStep right)
    {
        var (news, others) = (left.Segments.Where(IsNews).ToArray(), right.Segments.Where(IsNews).ToArray());
        return (news.Length == 0 || others.Length == 0 || news[^1].IsLike(others[^1]))
            && left.Segments.Where(static s => !IsNews(s)).SequenceEqual(
                right.Segments.Where(static s => !IsNews(s)), SeenSegment.Likeness);
    }

    /// <summary>The kernel's late acknowledgment has blocks that the stack's earlier one had.</summary>
    private static bool HasToldBlocks(ScriptDifference difference)
    {
        var told = difference.StackBefore.SelectMany(static step => step.Segments).SelectMany(Blocks).ToHashSet();
        return IsSameButForBlocks(difference) && difference.Kernel.Segments.SelectMany(Blocks).All(told.Contains)
            && !difference.Stack.Segments.SelectMany(Blocks).Any();

        static IEnumerable<string> Blocks(SeenSegment segment) => SackBlocks.Matches(segment.Text).Select(static match => match.Value);
    }

    private static bool IsDelayButForWindows(ScriptDifference difference) =>
        difference.Kernel.Segments.Where(static s => !IsNews(s)).Select(static s => s.Text).SequenceEqual(
            difference.Stack.Segments.Where(static s => !IsNews(s)).Select(static s => s.Text));

    private static bool IsNews(SeenSegment segment) => segment is { IsPureAcknowledgment: true, AcknowledgesNews: true };

    /// <summary>The same segments but for SACK blocks; where the peer's window shrank also for the first number.</summary>
    private static bool IsSameButForBlocks(ScriptDifference difference) =>
        IsSameButFor(difference, SackBlocks) || (difference.HasWindow && IsSameButFor(difference, SackBlocks, FirstNumber));

    /// <summary>The same segments but for windows, and parts of their text.</summary>
    private static bool IsSameButFor(ScriptDifference difference, params ReadOnlySpan<Regex> parts)
    {
        if (difference.Kernel.Segments.Count != difference.Stack.Segments.Count)
        {
            return false;
        }

        foreach (var (kernel, stack) in difference.Kernel.Segments.Zip(difference.Stack.Segments))
        {
            if (Without(kernel.Text, parts) != Without(stack.Text, parts))
            {
                return false;
            }
        }

        return true;
    }

    private static string Without(string text, ReadOnlySpan<Regex> parts)
    {
        foreach (var part in parts)
        {
            text = part.Replace(text, "");
        }

        return text;
    }

    [GeneratedRegex("Psh[+]")]
    private static partial Regex Push { get; }

    [GeneratedRegex("^(Rst[+])?Ack seq [0-9]+ ")]
    private static partial Regex FirstNumber { get; }

    [GeneratedRegex("ts ecr [0-9]+ ")]
    private static partial Regex Echo { get; }

    [GeneratedRegex(" ect")]
    private static partial Regex Marks { get; }

    [GeneratedRegex("sack -?[0-9]+:-?[0-9]+ ")]
    private static partial Regex SackBlocks { get; }
}
