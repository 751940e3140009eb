using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary><c>jhash KEY mod N</c> and <c>symhash mod N</c>.</summary>
internal static class HashText
{
    /// <summary>Keeps the hash.</summary>
    public static void Write(RuleTranslation rule, HashExpression hash)
    {
        IReadOnlyList<Operand>? key = null;
        if (hash.Source is { } source)
        {
            key = rule.Registers.ReadKey(source, hash.Length);
            if (key is null)
            {
                rule.EmitForeign(hash);
                return;
            }
        }

        rule.Registers.Load(hash.Destination, new HashOperand(key, hash));
    }
}
