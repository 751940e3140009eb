using System.Buffers.Binary;
using Portolan.Model;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>A fact that one call of ONC RPC without arguments returns, over TCP and UDP.</summary>
internal abstract class RpcFact : ServiceFact
{
    private readonly uint _number;
    private readonly ServiceProbe _stream;
    private readonly ServiceProbe _datagram;

    /// <summary>Makes the fact.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="asks">What it asks, in a few words.</param>
    /// <param name="service">The protocol that it is asked of.</param>
    /// <param name="probe">The call's name.</param>
    /// <param name="call">The number of the call, the program, its version and the procedure.</param>
    protected RpcFact(string id, string asks, string service, string probe, (uint Number, int Program, int Version, int Procedure) call)
        : base(id, asks, service)
    {
        _number = call.Number;
        _stream = new ServiceProbe(probe, RpcMessage.Call(call.Number, call.Program, call.Version, call.Procedure, isStream: true));
        _datagram = new ServiceProbe(probe, RpcMessage.Call(call.Number, call.Program, call.Version, call.Procedure, isStream: false));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TransportProtocol> Transports => [TransportProtocol.Tcp, TransportProtocol.Udp];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) =>
        [transport == TransportProtocol.Udp ? _datagram : _stream];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        if (context.Target.Protocol == TransportProtocol.Udp)
        {
            return ReadMessage((await context.AskByDatagramAsync(_datagram)).Span);
        }

        var reply = await context.AskOnceAsync(_stream, reply =>
            RpcMessage.TryRecord(reply.Span, _number, out _, out var isShort) || !isShort);
        _ = RpcMessage.TryRecord(reply.Span, _number, out var message, out _);
        return ReadMessage(message);
    }

    /// <summary>Reads the results of a call that succeeded.</summary>
    protected abstract Fact? Read(ReadOnlySpan<byte> results);

    private Fact? ReadMessage(ReadOnlySpan<byte> message) =>
        RpcMessage.TryAccepted(message, _number, out var result) && BinaryPrimitives.ReadUInt32BigEndian(result) == 0
            ? Read(result[4..]) : null;
}
