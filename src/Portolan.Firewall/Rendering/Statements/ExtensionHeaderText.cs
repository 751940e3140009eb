using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary>
/// Headers that need not be there: <c>hbh exists</c>, <c>tcp option maxseg size 1460</c>, and writing and resetting them.
/// </summary>
internal static class ExtensionHeaderText
{
    /// <summary>Keeps what is loaded, or writes the statement.</summary>
    public static void Write(RuleTranslation rule, ExtensionHeaderExpression header)
    {
        if (header.Destination is { } destination)
        {
            rule.Registers.Load(destination, new ExtensionHeaderOperand(header));
            return;
        }

        if (header.Source is not { } source)
        {
            if (header.Kind == ExtensionHeaderKind.TcpOption && header.Length == 0)
            {
                rule.Emit($"reset tcp option {ExtensionHeaderNames.TcpOption(header.Type)}");
            }
            else
            {
                rule.EmitForeign(header);
            }

            return;
        }

        if (rule.Registers.Read(source) is not { } value)
        {
            rule.EmitForeign(header);
            return;
        }

        rule.Emit(scope =>
        {
            var term = new ExtensionHeaderOperand(header).Resolve(scope);
            return $"{term.Text} set {value.Resolve(scope, term.Type).Text}";
        });
    }
}
