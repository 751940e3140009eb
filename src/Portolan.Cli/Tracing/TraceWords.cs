using Portolan.Firewall.Reviewing;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Tracing;

namespace Portolan.Cli.Tracing;

/// <summary>nft's words for what a trace reports.</summary>
internal static class TraceWords
{
    internal static string Of(VerdictKind verdict) => verdict switch
    {
        VerdictKind.Drop => "drop",
        VerdictKind.Accept => "accept",
        VerdictKind.Queue => "queue",
        VerdictKind.Stolen => "stolen",
        VerdictKind.Continue => "continue",
        VerdictKind.Break => "break",
        VerdictKind.Jump => "jump",
        VerdictKind.Goto => "goto",
        VerdictKind.Return => "return",
        _ => "unknown",
    };

    internal static string Of(TraceEventKind kind) => kind switch
    {
        TraceEventKind.Policy => "policy",
        TraceEventKind.Return => "return",
        _ => "rule",
    };

    internal static string? Protocol(byte? number) => number is { } known ? RulePort.NameOf(known) : null;
}
