using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary><c>update @names { ip saddr timeout 1m limit rate 3/minute }</c>.</summary>
internal static class DynamicSetText
{
    /// <summary>Writes the statement.</summary>
    public static void Write(RuleTranslation rule, DynamicSetExpression dynamic)
    {
        var set = rule.FindSet(dynamic.SetName);
        var word = dynamic.Operation switch
        {
            DynamicSetOperation.Add => "add",
            DynamicSetOperation.Update => "update",
            DynamicSetOperation.Delete => "delete",
            _ => null,
        };
        var data = dynamic.Data is { } register ? rule.Registers.Read(register) : null;
        if (word is null || dynamic.Inverted || rule.Registers.ReadKey(dynamic.Key, set?.KeyLength ?? 4) is not { } key
            || (dynamic.Data is not null && data is null))
        {
            rule.EmitForeign(dynamic, $"@{dynamic.SetName}");
            return;
        }

        rule.Emit(scope =>
        {
            scope.IsLoadable &= set is not null && QuotedText.IsPlain(dynamic.SetName);
            var text = KeyOperands.Text(KeyOperands.Resolve(key, scope, set));
            if (dynamic.TimeoutMilliseconds is { } timeout && timeout != 0)
            {
                text += $" timeout {DurationText.Format(timeout)}";
            }

            foreach (var expression in dynamic.Expressions)
            {
                var inner = StatefulText.Of(expression, scope.Options);
                text += $" {inner ?? scope.Foreign(expression.KernelName)}";
            }

            var type = set is null ? null : ElementLayout.DataOf(set, null) is [var part] ? part.Type : null;
            var value = data is null ? "" : $" : {data.Resolve(scope, type).Text}";
            return $"{word} @{QuotedText.Name(dynamic.SetName)} {{ {text}{value} }}";
        });
    }
}
