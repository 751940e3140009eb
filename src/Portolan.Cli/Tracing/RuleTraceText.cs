using Portolan.Cli.Output;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Tracing;
using Portolan.Model;

namespace Portolan.Cli.Tracing;

/// <summary>Draws a traced packet: one line for it, one for each rule that it met.</summary>
internal static class RuleTraceText
{
    internal static void Write(Utf8Writer output, ShownPacket shown, bool color)
    {
        var packet = shown.Packet;
        var verdict = packet.Verdict;
        output.Write($"{packet.SeenAt:HH:mm:ss.fff} ");
        output.Write(TraceWords.Of(verdict).ToUpperInvariant(), verdict == VerdictKind.Accept ? AnsiStyle.Green : AnsiStyle.Red, color);
        output.Write($" {TraceWords.Protocol(packet.Protocol) ?? "?"} {End(packet.Source, packet.SourcePort)} → "
            + $"{End(packet.Destination, packet.DestinationPort)}{Ways(shown)}");
        output.WriteLine();
        foreach (var step in shown.Steps)
        {
            Write(output, step, color);
        }
    }

    private static void Write(Utf8Writer output, ShownStep step, bool color)
    {
        var told = step.Event;
        if (told.Kind == TraceEventKind.Return || told.IsEndOfRules)
        {
            return; // the end of a chain that decided nothing
        }

        output.Write($"  {RuleWords.Of(told.Family)} {TerminalText.Escape(told.TableName)} {TerminalText.Escape(told.ChainName)}: ");
        output.Write(Text(step));
        if (told.Verdict is (VerdictKind.Jump or VerdictKind.Goto) && step.Rule is null)
        {
            output.Write($" → {TerminalText.Escape(told.TargetChain ?? "?")}");
        }
        else if (told.Verdict is not (VerdictKind.Jump or VerdictKind.Goto))
        {
            output.Write(" → ");
            output.Write(
                TraceWords.Of(told.Verdict),
                told.Verdict switch { VerdictKind.Accept => AnsiStyle.Green, VerdictKind.Drop => AnsiStyle.Red, _ => AnsiStyle.None },
                color);
        }

        if (told.RuleHandle != 0)
        {
            output.Write($"  # handle {told.RuleHandle}", AnsiStyle.Dim, color);
        }

        output.WriteLine();
    }

    private static string Text(ShownStep step) => step switch
    {
        { Event.Kind: TraceEventKind.Policy } => "policy",
        { Rule: { Rule: not null } rule } => TerminalText.Escape(RuleText.Of(rule)),
        _ => "a removed rule",
    };

    private static string End(InternetAddress? address, ushort? port) => (address, port) switch
    {
        (null, _) => "?",
        ({ IsIPv4: false } six, { } number) => $"[{six}]:{number}",
        ({ } four, { } number) => $"{four}:{number}",
        ({ } alone, null) => alone.ToString(),
    };

    private static string Ways(ShownPacket shown) =>
        (shown.Input is { } input ? $" in {TerminalText.Escape(input)}" : "")
            + (shown.Output is { } output ? $" out {TerminalText.Escape(output)}" : "");
}
