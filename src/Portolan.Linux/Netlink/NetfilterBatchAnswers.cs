using System.Buffers.Binary;

namespace Portolan.Linux.Netlink;

/// <summary>Reads what the kernel answers to a batch, up to the answer to a question behind it.</summary>
/// <remarks>The kernel works on a batch inside sendto(2), so its answers wait before the question is asked.</remarks>
internal sealed class NetfilterBatchAnswers(
    INetlinkChannel channel, List<(NetfilterMessage Message, string What)> messages, uint firstSequence)
{
    private const ushort GenerationId = 1; // NFTA_GEN_ID
    private const int BufferSize = 16 * 1024;

    private readonly List<NetfilterMessageError> _errors = [];
    private NetlinkError? _whole;
    private uint? _generation;
    private bool _isCutShort;

    internal NetfilterBatchResult Read(uint questionSequence)
    {
        var question = new NetlinkWriter(64);
        question.BeginMessage(NetfilterHeader.Type(NetfilterMessage.GetGeneration), NetlinkFlags.Request, questionSequence);
        NetfilterHeader.Write(question, 0);
        question.EndMessage();
        var errno = channel.Send(question.Bytes);
        var buffer = new byte[BufferSize];
        for (var isOpen = errno == 0; isOpen;)
        {
            var receipt = channel.Receive(buffer);
            if (receipt.Errno == Errno.NoBufferSpace && !_isCutShort)
            {
                // Nothing but errors is answered, so errors there were. The first still waits; the question's answer may be lost.
                _isCutShort = true;
                continue;
            }

            if (receipt.Errno != 0 || receipt.Length > buffer.Length || receipt.Length == 0)
            {
                errno = receipt.Errno == 0 ? Errno.InvalidArgument : receipt.Errno;
                break;
            }

            // Any process may send to a netlink port; only port 0 is the kernel.
            isOpen = receipt.SenderPortId != 0 || (!TakeDatagram(buffer.AsSpan(0, receipt.Length), questionSequence) && !_isCutShort);
        }

        return Result(errno);
    }

    /// <returns>Whether the question is answered.</returns>
    private bool TakeDatagram(ReadOnlySpan<byte> datagram, uint questionSequence)
    {
        var isAnswered = false;
        var walk = new NetlinkMessages(datagram);
        while (walk.MoveNext())
        {
            var header = walk.Header;
            if (header.Sequence == questionSequence)
            {
                isAnswered = true;
                _generation = header.Type == NetfilterHeader.Type(NetfilterMessage.NewGeneration) ? ReadGeneration(walk.Payload) : null;
            }
            else if (header.Type == NetlinkMessageType.Error && NetlinkError.TryRead(header.Flags, walk.Payload, out var error)
                && error.Errno != 0)
            {
                TakeError(header.Sequence, error);
            }
        }

        return isAnswered;
    }

    private void TakeError(uint sequence, NetlinkError error)
    {
        var index = (long)sequence - firstSequence - 1;
        if (index >= 0 && index < messages.Count)
        {
            var (message, what) = messages[(int)index];
            _errors.Add(new NetfilterMessageError((int)index, message, what, error.Errno, error.Explanation, error.Offset));
        }
        else
        {
            // The begin stands for the whole: no privilege, another generation, no memory, a commit that failed.
            _whole ??= error;
        }
    }

    private NetfilterBatchResult Result(int channelErrno)
    {
        var errno = _whole?.Errno ?? (_errors.Count > 0 ? _errors[0].Errno : 0);
        var status = errno switch
        {
            0 when channelErrno != 0 || _isCutShort => NetfilterBatchStatus.Failed,
            0 => NetfilterBatchStatus.Committed,
            Errno.NotPermitted when _whole is not null => NetfilterBatchStatus.NotPermitted,
            Errno.Restart => NetfilterBatchStatus.GenerationConflict,
            Errno.Busy => NetfilterBatchStatus.Busy,
            Errno.NotSupported when _whole is not null => NetfilterBatchStatus.Unsupported,
            _ => NetfilterBatchStatus.Refused,
        };
        return new NetfilterBatchResult(
            status, errno != 0 ? errno : channelErrno, _errors, _generation, _isCutShort)
        { Explanation = _whole?.Explanation };
    }

    private static uint? ReadGeneration(ReadOnlySpan<byte> payload)
    {
        var attributes = new NetlinkAttributes(payload.Length >= NetfilterHeader.Size ? payload[NetfilterHeader.Size..] : default);
        while (attributes.MoveNext())
        {
            if (attributes.Type == GenerationId && BinaryPrimitives.TryReadUInt32BigEndian(attributes.Value, out var number))
            {
                return number;
            }
        }

        return null;
    }
}
