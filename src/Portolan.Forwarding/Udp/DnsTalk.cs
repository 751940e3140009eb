using Portolan.Packets;

namespace Portolan.Forwarding.Udp;

/// <summary>Recognises the questions and answers of DNS by their bytes, whatever the port (RFC 1035 section 4.1).</summary>
internal static class DnsTalk
{
    /// <summary>Whether a datagram is a question; its id and type, which its answer has too.</summary>
    public static bool TryReadQuestion(ReadOnlySpan<byte> datagram, out uint key)
    {
        key = 0;
        if (!DnsMessage.TryRead(datagram, out var message) || message.IsResponse || message.Questions.Count != 1
            || (message.Operation == DnsOperation.Query && message.Answers.Count > 0)
            || !Enum.IsDefined(message.Operation) || !message.TryReadQuestion(out var question) || !Enum.IsDefined(question.Class))
        {
            return false;
        }

        key = Key(message.Id, question.Type);
        return true;
    }

    /// <summary>Whether a datagram is an answer; its id, and the type that was asked for, where it repeats the question.</summary>
    public static bool TryReadAnswer(ReadOnlySpan<byte> datagram, out uint key, out bool hasType)
    {
        (key, hasType) = (0, false);
        if (!DnsMessage.TryRead(datagram, out var message) || !message.IsResponse)
        {
            return false;
        }

        hasType = message.TryReadQuestion(out var question);
        key = Key(message.Id, hasType ? question.Type : 0);
        return true;
    }

    /// <summary>Whether two keys have the same id.</summary>
    public static bool HaveSameId(uint first, uint second) => first >> 16 == second >> 16;

    private static uint Key(ushort id, DnsType type) => ((uint)id << 16) | (ushort)type;
}
