using System.Net;

namespace Portolan.Kernel.Tests.Transport.Sockets;

/// <summary>What a situation needs of sockets: the same words for the kernel's and for the stack's.</summary>
internal interface ISocketWorld : IAsyncDisposable
{
    /// <summary>The server's address.</summary>
    IPAddress Server { get; }

    ISocketListener Listen(IPEndPoint at, int backlog = 16, bool isDualStack = false);

    Task<Stream> ConnectAsync(IPEndPoint to, IPEndPoint? from = null, CancellationToken cancellationToken = default);

    ISocketDatagrams Bind(IPEndPoint at);

    /// <summary>FIN, and reading goes on.</summary>
    void ShutdownWrite(Stream stream);

    /// <summary>What close(2) does. A NetworkStream shuts down both sides before, and its peer sees FIN whatever comes then.</summary>
    void Close(Stream stream);

    /// <summary>RST.</summary>
    void Abort(Stream stream);

    void SetUserTimeout(Stream stream, TimeSpan timeout);

    /// <summary>From now on nothing reaches the server.</summary>
    void CutOff();
}

internal interface ISocketListener : IDisposable
{
    int Port { get; }

    Task<Stream> AcceptAsync(CancellationToken cancellationToken = default);
}

internal interface ISocketDatagrams : IDisposable
{
    int Port { get; }

    Task ConnectAsync(IPEndPoint to);

    Task SendAsync(byte[] data, IPEndPoint? to = null, CancellationToken cancellationToken = default);

    Task<int> ReceiveAsync(byte[] buffer, CancellationToken cancellationToken = default);
}
