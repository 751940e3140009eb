using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering;

/// <summary>Verdicts in nft's words.</summary>
internal static class VerdictText
{
    /// <summary>Whether nft reads the words.</summary>
    public static bool IsLoadable(RuleVerdict verdict) => verdict.Kind switch
    {
        VerdictKind.Jump or VerdictKind.Goto => verdict.Chain is { } chain && QuotedText.IsPlain(chain),
        VerdictKind.Accept or VerdictKind.Drop or VerdictKind.Continue or VerdictKind.Return => true,
        _ => false,
    };

    /// <summary>The words.</summary>
    public static string Of(RuleVerdict verdict) => verdict.Kind switch
    {
        VerdictKind.Accept => "accept",
        VerdictKind.Drop => "drop",
        VerdictKind.Continue => "continue",
        VerdictKind.Return => "return",
        VerdictKind.Jump => $"jump {QuotedText.Name(verdict.Chain ?? "")}",
        VerdictKind.Goto => $"goto {QuotedText.Name(verdict.Chain ?? "")}",
        VerdictKind.Queue => "queue",
        VerdictKind.Break => "break",
        _ => "stolen",
    };
}
