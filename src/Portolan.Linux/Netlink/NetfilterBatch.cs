namespace Portolan.Linux.Netlink;

/// <summary>Messages of nf_tables that take effect together or not at all (nfnetlink_rcv_batch in net/netfilter/nfnetlink.c).</summary>
/// <remarks>
/// <para>The kernel looks at all messages, also behind one that it refuses, and answers only those that it refuses: no acknowledgements are
/// asked for, so that no number of messages fills the receive buffer. A question for the generation follows the batch; its answer ends the
/// answers.</para>
/// <para>The whole batch is one datagram and so one transaction. What does not fit into the largest send buffer allowed (with CAP_NET_ADMIN
/// of the first user namespace without limit, else 425,952 bytes by default) is <see cref="NetfilterBatchStatus.TooLarge"/>. One
/// thread.</para>
/// </remarks>
public sealed class NetfilterBatch
{
    private const ushort BatchBegin = 16; // NFNL_MSG_BATCH_BEGIN
    private const ushort BatchEnd = 17; // NFNL_MSG_BATCH_END
    private const ushort BatchGeneration = 1; // NFNL_BATCH_GENID

    /// <summary>The sequence number of the batch's begin. That of message i is i + 2.</summary>
    private const uint FirstSequence = 1;

    private readonly NetlinkWriter _writer = new(4096);
    private readonly List<(NetfilterMessage Message, string What)> _messages = [];
    private bool _isEnded;

    /// <summary>Starts a batch.</summary>
    /// <param name="generation">The kernel refuses the batch when the rules are no longer of this generation (NFNL_BATCH_GENID);
    /// <c>null</c> not to ask.</param>
    public NetfilterBatch(uint? generation = null)
    {
        _writer.BeginMessage(BatchBegin, NetlinkFlags.Request, FirstSequence);
        NetfilterHeader.Write(_writer, 0, NetfilterHeader.NfTables);
        if (generation is { } number)
        {
            _writer.BigEndian32(BatchGeneration, number);
        }
    }

    /// <summary>How many messages it has.</summary>
    public int Count => _messages.Count;

    /// <summary>Bytes so far.</summary>
    public int Length => _writer.Length;

    /// <summary>The bytes so far: the messages in order behind the begin.</summary>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            _writer.EndMessage();
            return _writer.Bytes;
        }
    }

    /// <summary>Starts a message. Its attributes are written until the next one starts.</summary>
    /// <param name="message">What it is.</param>
    /// <param name="family">NFPROTO_*: 1 inet, 2 ip, 3 arp, 5 netdev, 7 bridge, 10 ip6.</param>
    /// <param name="flags">Besides NLM_F_REQUEST, such as <see cref="NetlinkFlags.Create"/>.</param>
    /// <param name="what">Names it in errors, such as <c>rule of chain input</c>.</param>
    public NetlinkWriter Begin(NetfilterMessage message, byte family, NetlinkFlags flags, string what)
    {
        ObjectDisposedException.ThrowIf(_isEnded, this);
        _messages.Add((message, what));
        _writer.BeginMessage(NetfilterHeader.Type(message), NetlinkFlags.Request | flags, FirstSequence + (uint)_messages.Count);
        NetfilterHeader.Write(_writer, family);
        return _writer;
    }

    /// <summary>Adds a message whose attributes exist as bytes, such as those that the kernel listed.</summary>
    /// <param name="message">What it is.</param>
    /// <param name="family">NFPROTO_*, as of <see cref="Begin"/>.</param>
    /// <param name="flags">Besides NLM_F_REQUEST.</param>
    /// <param name="what">Names it in errors.</param>
    /// <param name="attributes">Its attributes.</param>
    public void Add(NetfilterMessage message, byte family, NetlinkFlags flags, string what, ReadOnlySpan<byte> attributes) =>
        Begin(message, family, flags, what).Raw(attributes);

    /// <summary>Ends the batch and sends it. A batch is sent once.</summary>
    /// <param name="channel">A channel to netfilter that no answer waits on. After <see cref="NetfilterBatchStatus.Failed"/>, and where
    /// <see cref="NetfilterBatchResult.IsCutShort"/>, it holds leftovers: open another.</param>
    public NetfilterBatchResult Send(INetlinkChannel channel)
    {
        ObjectDisposedException.ThrowIf(_isEnded, this);
        _isEnded = true;
        var end = FirstSequence + (uint)_messages.Count + 1;
        _writer.BeginMessage(BatchEnd, NetlinkFlags.Request, end);
        NetfilterHeader.Write(_writer, 0, NetfilterHeader.NfTables);
        _writer.EndMessage();
        var errno = channel.Send(_writer.Bytes);
        return errno == 0
            ? new NetfilterBatchAnswers(channel, _messages, FirstSequence).Read(end + 1)
            : NetfilterBatchResult.NotSent(errno);
    }
}
