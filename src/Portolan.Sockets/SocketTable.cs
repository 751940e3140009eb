using System.Runtime.InteropServices;

namespace Portolan.Sockets;

/// <summary>Sockets by the hundred thousand: entries in chunks, rare facts in side lists. Append only, one thread.</summary>
public sealed class SocketTable
{
    private const int ChunkShift = 11;
    private const int ChunkSize = 1 << ChunkShift;

    /// <summary>
    /// How many entries the first chunk has room for at first. A whole one is 240 KB, which the kernel clears page by page: 0.05 ms of a
    /// short list.
    /// </summary>
    private const int FirstSize = 64;

    private readonly List<SocketEntry[]> _chunks = [];
    private readonly List<TcpDetails> _tcpDetails = [];
    private readonly List<SocketMemory> _memory = [];
    private readonly List<UnixDetails> _unix = [];

    /// <summary>How many entries.</summary>
    public int Count { get; private set; }

    /// <summary>tcp_info of the entries that have it, by <see cref="SocketEntry.TcpDetailsIndex"/>; several may share one.</summary>
    public ReadOnlySpan<TcpDetails> TcpDetails => CollectionsMarshal.AsSpan(_tcpDetails);

    /// <summary>Memory of the entries that have it, by <see cref="SocketEntry.MemoryIndex"/>.</summary>
    public ReadOnlySpan<SocketMemory> Memory => CollectionsMarshal.AsSpan(_memory);

    /// <summary>Unix facts, by <see cref="SocketEntry.UnixIndex"/>.</summary>
    public ReadOnlySpan<UnixDetails> Unix => CollectionsMarshal.AsSpan(_unix);

    /// <summary>The entry at a position of 0 to <see cref="Count"/> - 1.</summary>
    public ref readonly SocketEntry this[int index] => ref _chunks[index >> ChunkShift][index & (ChunkSize - 1)];

    /// <summary>The same, for the code that fills the table.</summary>
    internal ref SocketEntry Edit(int index) => ref _chunks[index >> ChunkShift][index & (ChunkSize - 1)];

    /// <summary>Appends an empty entry with its indexes at -1, for the caller to fill.</summary>
    public ref SocketEntry Add()
    {
        if (Count >> ChunkShift == _chunks.Count)
        {
            _chunks.Add(new SocketEntry[_chunks.Count == 0 ? FirstSize : ChunkSize]);
        }
        else if (Count == FirstSize && _chunks[0].Length == FirstSize)
        {
            var whole = new SocketEntry[ChunkSize];
            _chunks[0].CopyTo(whole, 0);
            _chunks[0] = whole;
        }

        ref var entry = ref _chunks[Count >> ChunkShift][Count & (ChunkSize - 1)];
        entry.TcpDetailsIndex = entry.MemoryIndex = entry.UnixIndex = -1;
        Count++;
        return ref entry;
    }

    /// <summary>Takes back the entry added last: it did not match.</summary>
    public void RemoveLast()
    {
        Count--;
        _chunks[Count >> ChunkShift][Count & (ChunkSize - 1)] = default;
    }

    /// <summary>The table's size now, for <see cref="Rollback"/>.</summary>
    public SocketTableMark Mark() => new(Count, _tcpDetails.Count, _memory.Count, _unix.Count);

    /// <summary>Takes back everything added since <paramref name="mark"/>: the read was torn and is repeated.</summary>
    public void Rollback(SocketTableMark mark)
    {
        while (Count > mark.Count)
        {
            RemoveLast();
        }

        CollectionsMarshal.SetCount(_tcpDetails, mark.TcpDetails);
        CollectionsMarshal.SetCount(_memory, mark.Memory);
        CollectionsMarshal.SetCount(_unix, mark.Unix);
    }

    /// <summary>Keeps tcp_info for an entry. Entries behind each other with equal ones, as listeners are, share them.</summary>
    public void Attach(ref SocketEntry entry, in TcpDetails details)
    {
        if (_tcpDetails.Count == 0 || _tcpDetails[^1] != details)
        {
            _tcpDetails.Add(details);
        }

        entry.TcpDetailsIndex = _tcpDetails.Count - 1;
    }

    /// <summary>Keeps memory figures for an entry.</summary>
    public void Attach(ref SocketEntry entry, in SocketMemory memory)
    {
        entry.MemoryIndex = _memory.Count;
        _memory.Add(memory);
    }

    /// <summary>Keeps Unix facts for an entry.</summary>
    public void Attach(ref SocketEntry entry, in UnixDetails details)
    {
        entry.UnixIndex = _unix.Count;
        _unix.Add(details);
    }
}

/// <summary>A moment in the filling of a <see cref="SocketTable"/>.</summary>
public readonly record struct SocketTableMark(int Count, int TcpDetails, int Memory, int Unix);

/// <summary>Memory of a socket in bytes, from INET_DIAG_SKMEMINFO (linux/sock_diag.h), and datagrams dropped.</summary>
public readonly record struct SocketMemory(
    uint ReceiveAllocated,
    uint ReceiveBuffer,
    uint SendAllocated,
    uint SendBuffer,
    uint ForwardAllocated,
    uint SendQueued,
    uint OptionMemory,
    uint BacklogLength,
    uint Drops);

/// <summary>What only a Unix domain socket has.</summary>
/// <param name="Path">File path, or <c>@name</c> for an abstract name; <c>null</c> when unbound. Hostile text.</param>
/// <param name="PeerInode">Inode of the connected peer, 0 for none.</param>
/// <param name="Type">SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_SEQPACKET 5.</param>
public readonly record struct UnixDetails(string? Path, uint PeerInode, byte Type);
