using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary>Lookups: <c>tcp dport { 22, 80 }</c>, <c>ip saddr @names</c>, <c>iifname vmap { "lo" : accept }</c>.</summary>
internal static class LookupText
{
    /// <summary>Writes the match or verdict map, or keeps the map's value.</summary>
    public static void Write(RuleTranslation rule, LookupExpression lookup)
    {
        var set = rule.FindSet(lookup.SetName);
        if (rule.Registers.ReadKey(lookup.Source, set?.KeyLength ?? 4) is not { } key)
        {
            rule.EmitForeign(lookup, $"@{lookup.SetName}");
            return;
        }

        if (lookup.Destination is { IsVerdict: false } destination)
        {
            rule.Registers.Load(destination, new MapOperand(key, lookup.SetName, set));
            return;
        }

        rule.Emit(scope =>
        {
            scope.IsInverted = lookup.Inverted;
            var terms = KeyOperands.Resolve(key, scope, set);
            var sign = lookup.Inverted ? " !=" : lookup.Destination is not null ? " vmap" : "";
            return $"{KeyOperands.Text(terms)}{sign} {SetText.Reference(scope, lookup.SetName, set, terms)}";
        });
    }
}
