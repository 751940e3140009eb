using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>TCP segments that do not open a connection: any but a SYN alone (RFC 9293 section 3.1).</summary>
public sealed record NotOpeningStatement : Statement
{
    /// <inheritdoc/>
    public override string Text => "tcp flags & (fin | syn | rst | ack) != syn";

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer)
    {
        writer.Meta(MetaKey.TransportProtocol);
        writer.Compare(CompareOperation.Equal, [(byte)TransportProtocol.Tcp]);
        writer.Payload(PayloadBase.Transport, 13, 1);
        writer.Mask([0x17]);
        writer.Compare(CompareOperation.NotEqual, [0x02]);
    }
}
