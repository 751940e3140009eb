using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <summary>One direction of a connection: what is known of both of its ends, and the bytes that are under way.</summary>
internal struct Flow
{
    /// <summary>Bytes that were read and not written; <c>null</c> most of the time.</summary>
    public byte[]? Held;

    /// <summary>The first of them that is not written.</summary>
    public int HeldStart;

    /// <summary>Behind the last of them.</summary>
    public int HeldEnd;

    /// <summary>Bytes in the pipe.</summary>
    public int InPipe;

    /// <summary>The pipe, while <see cref="HasPipe"/>.</summary>
    public RelayPipe Pipe;

    /// <summary>Bytes that were read.</summary>
    public long Bytes;

    /// <summary>The error number that ended the reading; 0 while there was none.</summary>
    public int Error;

    public bool HasPipe;

    /// <summary>There may be something to read: the kernel tells each change once only.</summary>
    public bool IsReadable;

    /// <summary>The other end may take something.</summary>
    public bool IsWritable;

    /// <summary>A short read does not mean that there is no more: the end of the stream may be behind it, or an urgent byte.</summary>
    public bool ReadsToTheEnd;

    /// <summary>
    /// An urgent byte came. splice(2) reads none, nor anything behind it (tcp_read_sock), so nothing goes through a pipe from then on.
    /// </summary>
    public bool HasUrgent;

    /// <summary>The end of the stream was read.</summary>
    public bool HasEnded;

    /// <summary>The end of the stream was passed on.</summary>
    public bool IsDone;

    /// <summary>The other end takes no more: what comes is thrown away.</summary>
    public bool IsBroken;

    /// <summary>Data comes in bulk: it goes through a pipe where there is one.</summary>
    public bool IsBulk;

    /// <summary>Large reads, or in bulk small ones, one after the other.</summary>
    public byte Streak;

    /// <summary>Whether bytes wait here for the other end.</summary>
    public readonly bool HoldsBytes => Held is not null || InPipe > 0;
}

/// <summary>Why a turn of a direction ended.</summary>
internal enum FlowPause : byte
{
    /// <summary>It waits for one of its ends, or is done.</summary>
    Waits,

    /// <summary>Others should have a turn; there may be more.</summary>
    HadItsTurn,

    /// <summary>The rate is used up.</summary>
    Throttled,

    /// <summary>The source was reset, or failed.</summary>
    SourceFailed,

    /// <summary>The other end takes no more.</summary>
    SinkFailed,
}
