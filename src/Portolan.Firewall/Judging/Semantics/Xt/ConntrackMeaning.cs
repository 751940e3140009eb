using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Xt;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Facts of the connection (conntrack_mt). Without one only the state counts.</summary>
internal sealed class ConntrackMeaning : XtMatchMeaning<ConntrackMatch>
{
    protected override void Compile(ConntrackMatch match, RuleBuilder rule)
    {
        var testsState = (match.Tests & ConnectionTests.State) != 0;
        if (testsState)
        {
            XtTests.States(rule, match.States, (match.Inverted & ConnectionTests.State) != 0);
        }

        if ((match.Tests & ~(ConnectionTests.State | ConnectionTests.StateAlias)) == 0)
        {
            if (!testsState)
            {
                XtTests.Connection(rule);
            }

            return;
        }

        if (testsState)
        {
            rule.AnyOf(isInverted: false, () => XtTests.Connection(rule, isInverted: true), () => OfConnection(match, rule));
        }
        else
        {
            OfConnection(match, rule);
        }
    }

    private static void OfConnection(ConntrackMatch match, RuleBuilder rule)
    {
        XtTests.Connection(rule);
        bool Has(ConnectionTests test) => (match.Tests & test) != 0;
        bool IsInverted(ConnectionTests test) => (match.Inverted & test) != 0;
        void Address(ConnectionTests test, PacketField field, AddressMask mask)
        {
            if (Has(test))
            {
                XtTests.Address(rule, field, mask with { IsInverted = IsInverted(test) });
            }
        }

        void Port(ConnectionTests test, PacketField field, PortSpan span)
        {
            if (Has(test))
            {
                XtTests.Port(rule, field, span with { IsInverted = IsInverted(test) });
            }
        }

        if (Has(ConnectionTests.Direction))
        {
            rule.Tests.Field(PacketField.ConnectionDirection, FieldCondition.In(IntervalSet.Of(0)), IsInverted(ConnectionTests.Direction));
        }

        if (Has(ConnectionTests.Protocol))
        {
            rule.Tests.Field(
                PacketField.ConnectionProtocol, FieldCondition.In(IntervalSet.Of(match.Protocol)), IsInverted(ConnectionTests.Protocol));
        }

        Address(ConnectionTests.OriginalSource, PacketField.OriginalSource, match.OriginalSource);
        Address(ConnectionTests.OriginalDestination, PacketField.OriginalDestination, match.OriginalDestination);
        Address(ConnectionTests.ReplySource, PacketField.ReplySource, match.ReplySource);
        Address(ConnectionTests.ReplyDestination, PacketField.ReplyDestination, match.ReplyDestination);
        Port(ConnectionTests.OriginalSourcePort, PacketField.OriginalSourcePort, match.OriginalSourcePort);
        Port(ConnectionTests.OriginalDestinationPort, PacketField.OriginalDestinationPort, match.OriginalDestinationPort);
        Port(ConnectionTests.ReplySourcePort, PacketField.ReplySourcePort, match.ReplySourcePort);
        Port(ConnectionTests.ReplyDestinationPort, PacketField.ReplyDestinationPort, match.ReplyDestinationPort);
        if (Has(ConnectionTests.Status))
        {
            // No bit at all is a status too: "none".
            var isNone = match.Status == 0;
            rule.Tests.Field(
                PacketField.ConnectionStatus, FieldCondition.Bits(isNone ? uint.MaxValue : match.Status, 0, 32),
                isNone == IsInverted(ConnectionTests.Status));
        }

        if (Has(ConnectionTests.Expires))
        {
            rule.Doubt("it depends on when the connection expires");
        }
    }
}
