using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Portolan.Transport.AspNetCore;

/// <summary>Lets Kestrel listen in a <see cref="NetworkStack"/> instead of the operating system.</summary>
/// <param name="stack">The stack; it is not disposed with Kestrel.</param>
/// <param name="options">How it listens.</param>
/// <param name="logger">Warned once when Kestrel listens where only the stack itself reaches it.</param>
public sealed partial class StackConnectionListenerFactory(
    NetworkStack stack, StackTransportOptions? options = null, ILogger<StackConnectionListenerFactory>? logger = null)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly StackTransportOptions _options = options ?? new StackTransportOptions();
    private readonly ILogger _logger = logger ?? NullLogger<StackConnectionListenerFactory>.Instance;
    private bool _hasWarned;

    /// <summary>
    /// Whether this transport takes an end point: every address, and those of its own stack only where an end point names one.
    /// </summary>
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint || (endpoint is StackEndPoint own && own.Stack == stack);

    /// <inheritdoc/>
    /// <exception cref="AddressInUseException">The port cannot be had; the message names the holder and the rule.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var address = endpoint switch
        {
            IPEndPoint plain => plain,
            StackEndPoint own when own.Stack == stack => own.EndPoint,
            _ => throw new NotSupportedException($"a network stack does not listen to {endpoint}"),
        };
        if (IPAddress.IsLoopback(address.Address) && !Interlocked.Exchange(ref _hasWarned, true))
        {
            LogLoopback(_logger, address, stack.Name, address.Port);
        }

        try
        {
            return new(new StackConnectionListener(stack.ListenTcp(address, _options.Listen), _options));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(exception.Message, exception);
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Listening on {EndPoint}, the loopback of stack '{Stack}': no other stack reaches it. "
            + "Use UseUrls(\"http://*:{Port}\") for all addresses of the stack")]
    private static partial void LogLoopback(ILogger logger, IPEndPoint endPoint, string stack, int port);
}

/// <summary>An address of one stack, where a server listens in several or in the operating system too.</summary>
/// <param name="stack">The stack.</param>
/// <param name="endPoint">The address and port in it.</param>
public sealed class StackEndPoint(NetworkStack stack, IPEndPoint endPoint) : EndPoint
{
    /// <summary>The stack that the address belongs to.</summary>
    public NetworkStack Stack => stack;

    /// <summary>The address and port in it.</summary>
    public IPEndPoint EndPoint => endPoint;

    /// <summary>Such as <c>198.18.0.1:80 of server</c>.</summary>
    public override string ToString() => $"{endPoint} of {stack.Name}";
}

/// <summary>How Kestrel listens in a stack.</summary>
public sealed class StackTransportOptions
{
    /// <summary>Backlog, sharing, and the decision about each SYN.</summary>
    public TcpListenOptions Listen { get; set => field = Allowed.NotNull(value); } = new();

    /// <summary>Whether small writes are sent at once (TCP_NODELAY), as with Kestrel's own transport.</summary>
    public bool NoDelay { get; set; } = true;
}
