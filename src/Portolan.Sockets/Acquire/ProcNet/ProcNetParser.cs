namespace Portolan.Sockets.Acquire.ProcNet;

/// <summary>Reads one table of /proc/net line by line into a <see cref="SocketTable"/>. One subclass per format.</summary>
internal abstract class ProcNetParser(SocketTable table, int namespaceIndex, uint states)
{
    private bool _isPastHeader;

    /// <summary>Lines that were no row, the heading excepted.</summary>
    internal int Malformed { get; private set; }

    /// <summary>One line without its line feed.</summary>
    internal void Line(ReadOnlySpan<byte> line)
    {
        if (!_isPastHeader)
        {
            _isPastHeader = true;
            return;
        }

        ref var entry = ref table.Add();
        entry.NamespaceIndex = namespaceIndex;
        if (!TryParse(new FieldReader(line), ref entry))
        {
            Malformed++;
            table.RemoveLast();
        }
        else if (!KernelStates.IsWanted(entry.State, states) || !IsWanted(in entry))
        {
            table.RemoveLast();
        }
        else
        {
            Accepted(ref entry);
        }
    }

    /// <summary>Reads a row into an empty entry.</summary>
    protected abstract bool TryParse(FieldReader fields, ref SocketEntry entry);

    /// <summary>Whether a row that was read is asked for; its state already is.</summary>
    protected virtual bool IsWanted(in SocketEntry entry) => true;

    /// <summary>The row stays: side facts may be attached.</summary>
    protected virtual void Accepted(ref SocketEntry entry)
    {
    }

    /// <summary>Sets the owner's facts; an inode of 0 means that no file and so no user owns the entry.</summary>
    protected static void SetOwner(ref SocketEntry entry, uint userId, uint inode)
    {
        entry.Inode = inode;
        if (inode != 0)
        {
            entry.UserId = userId;
            entry.Flags |= SocketFlags.HasUser;
        }
    }

    /// <summary>The table, for side facts.</summary>
    protected SocketTable Table => table;
}
