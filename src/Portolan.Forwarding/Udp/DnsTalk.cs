using Portolan.Packets;

namespace Portolan.Forwarding.Udp;

/// <summary>Recognises the questions and answers of DNS by their bytes, whatever the port (RFC 1035 section 4.1).</summary>
internal static class DnsTalk
{
    /// <summary>Whether a datagram is a question; a key of its id, type and name, which its answer has too.</summary>
    public static bool TryReadQuestion(ReadOnlySpan<byte> datagram, out ulong key)
    {
        key = 0;
        if (!DnsMessage.TryRead(datagram, out var message) || message.IsResponse || message.Questions.Count != 1
            || (message.Operation == DnsOperation.Query && message.Answers.Count > 0)
            || !Enum.IsDefined(message.Operation) || !message.TryReadQuestion(out var question) || !Enum.IsDefined(question.Class))
        {
            return false;
        }

        key = Key(message.Id, question);
        return true;
    }

    /// <summary>Whether a datagram is an answer; the key of its question, where it repeats that, else of its id.</summary>
    public static bool TryReadAnswer(ReadOnlySpan<byte> datagram, out ulong key, out bool hasQuestion)
    {
        (key, hasQuestion) = (0, false);
        if (!DnsMessage.TryRead(datagram, out var message) || !message.IsResponse)
        {
            return false;
        }

        hasQuestion = message.TryReadQuestion(out var question);
        key = hasQuestion ? Key(message.Id, question) : (ulong)message.Id << 48;
        return true;
    }

    /// <summary>Whether two keys have the same id.</summary>
    public static bool HaveSameId(ulong first, ulong second) => first >> 48 == second >> 48;

    private static ulong Key(ushort id, in DnsQuestion question)
    {
        // FNV-1a, of letters as small ones: not every server repeats the case in which it was asked.
        var hash = 2166136261;
        foreach (var label in question.Name)
        {
            hash = (hash ^ (uint)label.Length) * 16777619;
            foreach (var letter in label)
            {
                hash = (hash ^ (letter is >= (byte)'A' and <= (byte)'Z' ? letter | 0x20u : letter)) * 16777619;
            }
        }

        return ((ulong)id << 48) | ((ulong)question.Type << 32) | hash;
    }
}
