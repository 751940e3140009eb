using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Extension headers and options (nft_exthdr.c). The packets asked about have no IP options and no extension headers.</summary>
internal sealed class ExtensionHeaderSemantics : ExpressionMeaning<ExtensionHeaderExpression>
{
    protected override void Compile(ExtensionHeaderExpression expression, RuleBuilder rule)
    {
        if (expression.Destination is not { } destination)
        {
            // A write to an option of TCP, or its reset: no test.
            return;
        }

        if (expression.Kind is ExtensionHeaderKind.Ipv6 or ExtensionHeaderKind.Ipv4Option)
        {
            if (expression.IsPresence)
            {
                rule.Store(destination, new(BitSegment.Constant(0, 8)));
            }
            else
            {
                rule.Break();
            }

            return;
        }

        const string why = "it looks at options of the transport header, which the sender chooses";
        if (!expression.IsPresence)
        {
            rule.Doubt(why);
        }

        rule.Store(destination, BitValue.Unknown(expression.IsPresence ? 1 : Math.Max(expression.Length, 1), why));
    }
}
