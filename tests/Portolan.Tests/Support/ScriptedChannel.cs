using Portolan.Linux.Netlink;

namespace Portolan.Tests.Support;

/// <summary>A netlink channel that answers from a script. Each request takes the next list of answers; the last is used again.</summary>
internal sealed class ScriptedChannel : INetlinkChannel
{
    private readonly List<NetlinkAnswer[]> _script;
    private readonly Queue<NetlinkAnswer> _pending = new();
    private int _request;

    internal ScriptedChannel(params NetlinkAnswer[][] script) => _script = [.. script];

    /// <summary>Requests as they were sent.</summary>
    internal List<byte[]> Requests { get; } = [];

    /// <summary>What <see cref="Send"/> returns.</summary>
    internal int SendErrno { get; init; }

    public int Send(ReadOnlySpan<byte> request)
    {
        Requests.Add(request.ToArray());
        _pending.Clear();
        foreach (var answer in _script.Count == 0 ? [] : _script[Math.Min(_request++, _script.Count - 1)])
        {
            _pending.Enqueue(answer);
        }

        return SendErrno;
    }

    public NetlinkReceipt Receive(Span<byte> buffer)
    {
        Assert.True(_pending.TryDequeue(out var answer), "the script has no more answers: a real channel would wait for ever");
        answer!.Datagram.AsSpan(0, Math.Min(answer.Datagram.Length, buffer.Length)).CopyTo(buffer);
        return new NetlinkReceipt(answer.Length ?? answer.Datagram.Length, answer.Sender, answer.Errno);
    }

    public void Dispose()
    {
    }
}

/// <summary>One answer of a <see cref="ScriptedChannel"/>.</summary>
internal sealed record NetlinkAnswer(byte[] Datagram)
{
    internal int? Length { get; init; }

    internal uint Sender { get; init; }

    internal int Errno { get; init; }
}
