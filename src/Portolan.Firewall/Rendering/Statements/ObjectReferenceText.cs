using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary><c>counter name "http"</c>, <c>counter name ip saddr map @counters</c>.</summary>
internal static class ObjectReferenceText
{
    /// <summary>Writes the statement.</summary>
    public static void Write(RuleTranslation rule, ObjectReferenceExpression reference)
    {
        if (reference.Name is { } name)
        {
            if (Word(reference.Kind) is { } word && QuotedText.CanHold(name))
            {
                rule.Emit($"{word} {QuotedText.Of(name)}");
            }
            else
            {
                rule.EmitForeign(reference, name);
            }

            return;
        }

        var set = reference.SetName is { } setName ? rule.FindSet(setName) : null;
        if (set is null || reference.Key is not { } register || rule.Registers.ReadKey(register, set.KeyLength) is not { } key
            || Word(set.ObjectKind) is not { } kind)
        {
            rule.EmitForeign(reference, $"@{reference.SetName}");
            return;
        }

        rule.Emit(scope =>
        {
            var terms = KeyOperands.Resolve(key, scope, set);
            return $"{kind} {KeyOperands.Text(terms)} map {SetText.Reference(scope, set.Name, set, terms)}";
        });
    }

    private static string? Word(ObjectKind kind) => kind switch
    {
        ObjectKind.Counter => "counter name",
        ObjectKind.Quota => "quota name",
        ObjectKind.Limit => "limit name",
        ObjectKind.SynProxy => "synproxy name",
        ObjectKind.ConnectionHelper => "ct helper set",
        ObjectKind.ConnectionTimeout => "ct timeout set",
        ObjectKind.ConnectionExpectation => "ct expectation set",
        ObjectKind.SecurityMark => "meta secmark set",
        _ => null,
    };
}
