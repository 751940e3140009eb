namespace Portolan.Linux.Scratch;

/// <summary>What a scratch namespace can be asked to do.</summary>
/// <remarks>
/// The wire, over the standard streams of the program inside, in the byte order of the machine. A request: length (i32) of what follows,
/// operation (one byte), fields. An answer: length (i32), error number (i32, 0 for success), fields. Numbers are i32, texts and bytes a
/// length (i32) and the bytes. One request at a time.
/// </remarks>
internal enum ScratchOperation : byte
{
    /// <summary>→ version. The first request; refused where the network is not a new one.</summary>
    Hello = 1,

    /// <summary>→ a descriptor in the program of a second network namespace, the far one, which this makes.</summary>
    MakeFar = 2,

    /// <summary>Place, family, group or 0 → socket.</summary>
    OpenNetlink = 3,

    /// <summary>Place, interface → socket of all its frames.</summary>
    OpenFrames = 4,

    /// <summary>Place, 4 or 6, IP protocol → socket that gets a copy of each packet of that protocol that is delivered here.</summary>
    OpenDelivered = 5,

    /// <summary>Place, protocol, address as text, port, interface name or empty, whether to listen → socket.</summary>
    Bind = 6,

    /// <summary>Socket, address as text, port, bytes: starts a connection, or sends a datagram.</summary>
    Connect = 7,

    /// <summary>Socket, bytes.</summary>
    Send = 8,

    /// <summary>
    /// Socket, size of the buffer, milliseconds to wait, -1 for ever → sender's port id, length of the datagram, bytes. EAGAIN when none
    /// came.
    /// </summary>
    Receive = 9,

    /// <summary>Socket.</summary>
    Close = 10,

    /// <summary>Place, name below /proc/sys/net → text.</summary>
    ReadSetting = 11,

    /// <summary>Place, name below /proc/sys/net, text.</summary>
    WriteSetting = 12,

    /// <summary>Path, count and arguments, folder, bytes for stdin, milliseconds → exit code, stdout, stderr.</summary>
    Run = 13,

    /// <summary>Name below /proc/net → text.</summary>
    ReadStatistics = 14,

    /// <summary>Bound socket, bytes, milliseconds: takes one request and answers it with the bytes → how far that went.</summary>
    Serve = 15,
}

/// <summary>Which of the two network namespaces.</summary>
public enum ScratchPlace
{
    /// <summary>The one that stands for the host.</summary>
    Near = 0,

    /// <summary>The one that stands for the rest of the world.</summary>
    Far = 1,
}

/// <summary>How far the service of a request went.</summary>
public enum ScratchService
{
    /// <summary>Nothing came.</summary>
    None = 0,

    /// <summary>A connection came, and no request.</summary>
    Connected = 1,

    /// <summary>A request came, and was answered.</summary>
    Answered = 2,
}
