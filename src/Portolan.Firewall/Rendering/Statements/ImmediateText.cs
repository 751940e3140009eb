using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary>Constants, and verdicts: <c>accept</c>, <c>jump CHAIN</c>.</summary>
internal static class ImmediateText
{
    /// <summary>Keeps the constant or writes the verdict.</summary>
    public static void Write(RuleTranslation rule, ImmediateExpression immediate)
    {
        if (immediate.Verdict is not { } verdict)
        {
            rule.Registers.Load(immediate.Destination, new ConstantOperand(immediate.Data));
            return;
        }

        if (verdict.Chain is { } name && rule.Names.FindChain(name) is { } chain && (chain.Flags & ChainFlags.Bound) != 0)
        {
            rule.Emit(scope => Inline(scope, rule.Names, verdict.Kind, chain));
            return;
        }

        if (verdict.Kind is VerdictKind.Break or VerdictKind.Stolen or VerdictKind.Queue)
        {
            rule.EmitForeign(immediate, VerdictText.Of(verdict));
            return;
        }

        rule.Emit(scope =>
        {
            scope.IsLoadable &= VerdictText.IsLoadable(verdict);
            return VerdictText.Of(verdict);
        });
    }

    private static string Inline(TermScope scope, TableNames names, VerdictKind kind, RuleChain chain)
    {
        var word = kind == VerdictKind.Goto ? "goto" : "jump";
        if (scope.Depth >= RuleWriter.MostDepth || !names.Inlined.Add(chain.Name))
        {
            return scope.Foreign($"{word} {{ … }}");
        }

        var writer = new RuleWriter(names, scope.Options, scope.Depth + 1);
        var texts = new List<string>();
        foreach (var inner in chain.Rules)
        {
            var written = writer.Write(inner);
            scope.IsLoadable &= written.IsLoadable;
            texts.Add($"{written.Text};");
        }

        return $"{word} {{ {string.Join(' ', texts)} }}";
    }
}
