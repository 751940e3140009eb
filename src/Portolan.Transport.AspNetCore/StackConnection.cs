using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Portolan.Transport.Tcp;

namespace Portolan.Transport.AspNetCore;

/// <summary>A connection for Kestrel: its pipes are the connection's own, nothing is copied between.</summary>
internal sealed class StackConnection
    : ConnectionContext, IConnectionIdFeature, IConnectionItemsFeature, IConnectionTransportFeature, IConnectionLifetimeFeature,
    IConnectionEndPointFeature, IStackConnectionFeature
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private static long _last;

    private readonly TcpStream _stream;
    private readonly CancellationTokenSource _closed = new();
    private IDictionary<object, object?>? _items;

    internal StackConnection(TcpStream stream)
    {
        _stream = stream;
        ConnectionId = string.Create(CultureInfo.InvariantCulture, $"P{Interlocked.Increment(ref _last):X12}");
        Transport = stream;
        (LocalEndPoint, RemoteEndPoint) = (stream.LocalEndPoint, stream.RemoteEndPoint);
        ConnectionClosed = _closed.Token;
        stream.Pipe.Failures = static (error, what, peer) =>
        {
            var usual = StackErrors.ToIOException(error, what, peer);
            return error == TcpError.Reset ? new ConnectionResetException(usual.Message, usual.InnerException!) : usual;
        };
        Features.Set<IConnectionIdFeature>(this);
        Features.Set<IConnectionItemsFeature>(this);
        Features.Set<IConnectionTransportFeature>(this);
        Features.Set<IConnectionLifetimeFeature>(this);
        Features.Set<IConnectionEndPointFeature>(this);
        Features.Set<IStackConnectionFeature>(this);
        _ = WatchAsync();
    }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override IDuplexPipe Transport { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public override CancellationToken ConnectionClosed { get; set; }

    TcpStream IStackConnectionFeature.Stream => _stream;

    /// <summary>
    /// Ends it with RST. Without a reason Kestrel means in order, as when the peer of an idle connection has closed: then with FIN.
    /// </summary>
    public override void Abort(ConnectionAbortedException? abortReason)
    {
        if (abortReason is null)
        {
            _stream.ShutdownWrite();
        }
        else
        {
            _stream.Abort();
        }
    }

    public override ValueTask DisposeAsync()
    {
        // As Kestrel's own transport has it: what Kestrel did not read is given up without a word, and no reason to reset the answer.
        _stream.Input.Complete();
        _stream.Dispose();
        return base.DisposeAsync();
    }

    /// <summary>
    /// As Kestrel's own transport has it: a peer that writes no more has gone. Kestrel then throws away what a handler writes. But the peer
    /// may still read, and of what it sent before its FIN much may wait here to be read. So Kestrel learns of the FIN when nothing has been
    /// read for a while; of a connection that is over, at once.
    /// </summary>
    private async Task WatchAsync()
    {
        var pipe = _stream.Pipe;
        await pipe.InputEnd;
        for (var seen = -1L; seen != pipe.Reader.Progress && !pipe.Completion.IsCompleted;)
        {
            seen = pipe.Reader.Progress;
            await Task.WhenAny(pipe.Completion, Task.Delay(Patience, pipe.Stack.Time));
        }

        await _closed.CancelAsync();
    }
}

/// <summary>The connection of the stack below a request, for those who want to know its round-trip time or losses.</summary>
public interface IStackConnectionFeature
{
    /// <summary>The connection. Kestrel reads and writes it; ask it for <see cref="TcpStream.GetInfoAsync"/>.</summary>
    TcpStream Stream { get; }
}
