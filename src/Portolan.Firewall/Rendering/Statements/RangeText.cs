using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary>Ranges: <c>tcp dport 1000-2000</c>, <c>tcp dport != 1000-2000</c>.</summary>
internal static class RangeText
{
    /// <summary>Writes the match.</summary>
    public static void Write(RuleTranslation rule, RangeExpression range)
    {
        if (rule.Registers.Read(range.Source) is not { } operand)
        {
            rule.EmitForeign(range);
            return;
        }

        rule.Emit(scope => Of(scope, operand, range.Inverted, range.From, range.To));
    }

    /// <summary>The match.</summary>
    public static string Of(TermScope scope, Operand operand, bool isInverted, ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> last)
    {
        scope.IsInverted = isInverted;
        var term = operand.Resolve(scope);
        var from = ByteText.ToNetwork(first.Span, term.IsHostOrder);
        var to = ByteText.ToNetwork(last.Span, term.IsHostOrder);
        scope.IsLoadable &= term.Type.CanWrite(from) && term.Type.CanWrite(to);
        var range = term.Type.FormatRange(from, to);
        return $"{term.Text} {(isInverted ? "!= " : "")}{range}";
    }
}
