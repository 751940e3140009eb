using System.Text;

namespace Portolan.Sockets.Acquire.ProcNet;

/// <summary>/proc/net/unix (unix_seq_show in net/unix/af_unix.c). It has no peer, user or queue.</summary>
/// <remarks>A path with a line feed breaks the table for every reader: its tail is no row, unless it was made to look like one.</remarks>
internal sealed class ProcNetUnixParser(SocketTable table, int namespaceIndex, uint states) : ProcNetParser(table, namespaceIndex, states)
{
    private const uint AcceptsConnections = 0x10000;
    private const uint Connected = 3;

    private string? _path;
    private byte _type;

    /// <inheritdoc/>
    protected override bool TryParse(FieldReader fields, ref SocketEntry entry)
    {
        if (!fields.TrySkip(3)
            || !fields.TryNextHex(out var flags)
            || !fields.TryNextHex(out var type)
            || !fields.TryNextHex(out var state)
            || !fields.TryNextDecimal(out var inode)
            || type > byte.MaxValue)
        {
            return false;
        }

        entry.Protocol = SocketProtocol.Unix;
        entry.Inode = inode;
        if ((flags & AcceptsConnections) != 0)
        {
            entry.State = SocketState.Listen;
        }
        else
        {
            entry.State = state == Connected ? SocketState.Established : SocketState.Unconnected;
        }

        _type = (byte)type;
        var path = fields.Rest;
        _path = path.IsEmpty ? null : Encoding.UTF8.GetString(path);
        return true;
    }

    /// <summary>A connection that waits to be accepted has no inode yet. unix_diag leaves it out, and so does this.</summary>
    protected override bool IsWanted(in SocketEntry entry) => entry.Inode != 0;

    /// <inheritdoc/>
    protected override void Accepted(ref SocketEntry entry) => Table.Attach(ref entry, new UnixDetails(_path, 0, _type));
}
