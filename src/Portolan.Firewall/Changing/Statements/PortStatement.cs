using System.Buffers.Binary;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>Packets of a protocol to a port, a range of ports, or a set of them.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Ports">The ports, when they are one range.</param>
/// <param name="Set">The set of the table that has them, or <c>null</c> when they are one range.</param>
public sealed record PortStatement(TransportProtocol Protocol, PortRange Ports, string? Set) : Statement
{
    /// <inheritdoc/>
    public override string Text => $"{Protocol.Name()} dport {(Set is null ? Ports.ToString() : "@" + Set)}";

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer)
    {
        writer.Meta(MetaKey.TransportProtocol);
        writer.Compare(CompareOperation.Equal, [(byte)Protocol]);
        writer.Payload(PayloadBase.Transport, 2, sizeof(ushort));
        if (Set is not null)
        {
            writer.Lookup(Set, isNegated: false);
        }
        else if (Ports.Count == 1)
        {
            writer.Compare(CompareOperation.Equal, Bytes(Ports.First));
        }
        else
        {
            writer.Compare(CompareOperation.GreaterOrEqual, Bytes(Ports.First));
            writer.Compare(CompareOperation.LessOrEqual, Bytes(Ports.Last));
        }
    }

    private static byte[] Bytes(PortNumber port)
    {
        var bytes = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, port.Value);
        return bytes;
    }
}
