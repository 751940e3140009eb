using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Portolan.Lab.Services.Tls;
using Portolan.Transport;
using Portolan.Transport.AspNetCore;

namespace Portolan.Lab.Services.Web;

/// <summary>A connection on its way to Kestrel and back: that of the stack, with TLS where there is some, and whom it is for.</summary>
internal sealed class WebConnection : ConnectionContext
{
    private readonly StackConnection _connection;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal WebConnection(Stream stream, ServiceCall call)
    {
        var below = (stream as LabTlsStream)?.Below ?? stream;
        _connection = new StackConnection(
            below as TcpStream ?? throw new NotSupportedException($"{stream.GetType().Name} is not a connection of a stack"));
        _connection.Features.Set(new ServiceCallFeature(call));
        if (stream is LabTlsStream tls)
        {
            _connection.Transport = new StreamPipes(tls);
            _connection.Features.Set<ITlsConnectionFeature>(new TlsFeature());
        }
    }

    /// <summary>Ends when Kestrel is done with it.</summary>
    internal Task Completion => _done.Task;

    public override string ConnectionId
    {
        get => _connection.ConnectionId;
        set => _connection.ConnectionId = value;
    }

    public override IFeatureCollection Features => _connection.Features;

    public override IDictionary<object, object?> Items
    {
        get => _connection.Items;
        set => _connection.Items = value;
    }

    public override IDuplexPipe Transport
    {
        get => _connection.Transport;
        set => _connection.Transport = value;
    }

    public override EndPoint? LocalEndPoint
    {
        get => _connection.LocalEndPoint;
        set => _connection.LocalEndPoint = value;
    }

    public override EndPoint? RemoteEndPoint
    {
        get => _connection.RemoteEndPoint;
        set => _connection.RemoteEndPoint = value;
    }

    /// <summary>
    /// Not when the client has closed its half: who says all and then reads, as <c>nc -N</c> does, gets its answer. A reset ends the
    /// reading and the writing.
    /// </summary>
    public override CancellationToken ConnectionClosed { get; set; }

    public override void Abort(ConnectionAbortedException? abortReason) => _connection.Abort(abortReason);

    // The stream is disposed by the code that accepted it.
    public override ValueTask DisposeAsync()
    {
        _done.TrySetResult();
        return base.DisposeAsync();
    }

    private sealed class StreamPipes(Stream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    private sealed class TlsFeature : ITlsConnectionFeature
    {
        public System.Security.Cryptography.X509Certificates.X509Certificate2? ClientCertificate { get; set; }

        public Task<System.Security.Cryptography.X509Certificates.X509Certificate2?> GetClientCertificateAsync(
            CancellationToken cancellationToken) =>
            Task.FromResult(ClientCertificate);
    }
}

/// <summary>Which host and service a request is for.</summary>
/// <param name="Call">The connection's call.</param>
internal sealed record ServiceCallFeature(ServiceCall Call);
