using System.Net;

namespace Portolan.Kernel.Tests.Transport.Scripts;

/// <summary>What a script of segments is played to: a host with TCP and one program on it. Calls never wait.</summary>
internal interface IScriptHost : IDisposable
{
    /// <summary>The host's address.</summary>
    static IPAddress Address { get; } = IPAddress.Parse("198.18.7.1");

    /// <summary>The address of the peer whose segments a script writes.</summary>
    static IPAddress Peer { get; } = IPAddress.Parse("198.18.7.2");

    /// <summary>Begins a script; nothing of an earlier one is left to the program.</summary>
    void Begin(ushort localPort, ushort peerPort);

    /// <summary>Listens, with a queue for Fast Open or without.</summary>
    void Listen(bool isFast);

    /// <summary>Connects; with Fast Open and so many bytes of text unless it is <c>null</c>.</summary>
    void Connect(int? text);

    /// <summary>Whether there was a connection to accept.</summary>
    bool Accept();

    /// <summary>What became of writing so many bytes.</summary>
    string Write(int count);

    /// <summary>What there was to read, and what would come after it.</summary>
    string Read();

    void ShutdownWrite();

    void Close();

    /// <summary>Closes with SO_LINGER of 0.</summary>
    void Abort();

    /// <summary>
    /// The state of the program's connection, <c>CLOSED</c> also where it rests in TIME-WAIT; empty where the program has none.
    /// </summary>
    string State { get; }

    /// <summary>The state also where the program has no connection; empty where the host does not tell.</summary>
    string Inner { get; }

    /// <summary>A packet comes.</summary>
    void Inject(ReadOnlySpan<byte> packet);

    void Wait(TimeSpan time);

    /// <summary>What has left since it was asked last.</summary>
    IReadOnlyList<byte[]> Take();

    /// <summary>Ends a script. Returns whether it was quick enough that no timer can have gone off outside of its pauses.</summary>
    bool End();
}
