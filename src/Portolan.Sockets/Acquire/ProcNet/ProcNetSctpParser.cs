using System.Text;

namespace Portolan.Sockets.Acquire.ProcNet;

/// <summary>/proc/net/sctp/eps and /proc/net/sctp/assocs (net/sctp/proc.c). Of a multi-homed end the primary address is taken.</summary>
internal sealed class ProcNetSctpParser(SocketTable table, int namespaceIndex, SocketQuery query, bool associations)
    : ProcNetParser(table, namespaceIndex, KernelStates.Wanted(query))
{
    /// <inheritdoc/>
    protected override bool TryParse(FieldReader fields, ref SocketEntry entry)
    {
        entry.Protocol = SocketProtocol.Sctp;
        return associations ? TryParseAssociation(fields, ref entry) : TryParseEndpoint(fields, ref entry);
    }

    /// <inheritdoc/>
    protected override bool IsWanted(in SocketEntry entry) => entry.IsIPv6 ? query.IPv6 : query.IPv4;

    /// <summary><c>ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS</c>.</summary>
    private static bool TryParseEndpoint(FieldReader fields, ref SocketEntry entry)
    {
        if (!fields.TrySkip(3)
            || !fields.TryNextDecimal(out var state)
            || !fields.TrySkip(1)
            || !TryNextPort(ref fields, out entry.LocalPort)
            || !fields.TryNextDecimal(out var userId)
            || !fields.TryNextDecimal(out var inode)
            || state > byte.MaxValue
            || !TryAddresses(ref fields, out entry.LocalAddress))
        {
            return false;
        }

        entry.RemoteAddress = entry.LocalAddress.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6;
        entry.State = KernelStates.Connection((byte)state);
        SetOwner(ref entry, userId, inode);
        return true;
    }

    /// <summary><c>ASSOC SOCK STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS &lt;-&gt; RADDRS …</c>.</summary>
    private static bool TryParseAssociation(FieldReader fields, ref SocketEntry entry)
    {
        if (!fields.TrySkip(4)
            || !fields.TryNextDecimal(out var state)
            || !fields.TrySkip(2)
            || !fields.TryNextDecimal(out entry.SendQueue)
            || !fields.TryNextDecimal(out entry.ReceiveQueue)
            || !fields.TryNextDecimal(out var userId)
            || !fields.TryNextDecimal(out var inode)
            || !TryNextPort(ref fields, out entry.LocalPort)
            || !TryNextPort(ref fields, out entry.RemotePort)
            || state > byte.MaxValue
            || !TryAddresses(ref fields, out entry.LocalAddress)
            || !TryAddresses(ref fields, out entry.RemoteAddress))
        {
            return false;
        }

        entry.State = KernelStates.SctpAssociation((byte)state);
        SetOwner(ref entry, userId, inode);
        return true;
    }

    private static bool TryNextPort(ref FieldReader fields, out ushort port)
    {
        var isPort = fields.TryNextDecimal(out var number) && number <= ushort.MaxValue;
        port = (ushort)number;
        return isPort;
    }

    /// <summary>Addresses up to <c>&lt;-&gt;</c> or a field that is none: the one marked <c>*</c> (primary), else the first.</summary>
    private static bool TryAddresses(ref FieldReader fields, out InternetAddress address)
    {
        address = default;
        var found = false;
        Span<char> text = stackalloc char[InternetAddress.MaxTextLength];
        while (fields.TryNext(out var field) && !field.SequenceEqual("<->"u8))
        {
            var isPrimary = field[0] == '*';
            var bytes = isPrimary ? field[1..] : field;
            if (bytes.Length > text.Length || !InternetAddress.TryParse(text[..Encoding.Latin1.GetChars(bytes, text)], out var candidate))
            {
                break;
            }

            if (!found || isPrimary)
            {
                address = candidate;
                found = true;
            }
        }

        return found;
    }
}
