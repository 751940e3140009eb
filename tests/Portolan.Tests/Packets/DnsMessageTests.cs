using System.Text;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Packets;

public sealed class DnsMessageTests
{
    [Fact]
    public void A_query_has_its_question_and_EDNS0()
    {
        var bytes = new byte[512];
        Assert.True(DnsWriter.TryWriteQuery(bytes, 0x1234, "www.example.com", DnsType.Aaaa, out var length));

        Assert.True(DnsMessage.TryRead(bytes.AsSpan(0, length), out var message));
        Assert.Equal(0x1234, message.Id);
        Assert.False(message.IsResponse);
        Assert.Equal(DnsFlags.RecursionDesired, message.Flags);
        Assert.Equal(DnsOperation.Query, message.Operation);
        Assert.Equal(1, message.Questions.Count);
        Assert.True(message.TryReadQuestion(out var question));
        Assert.Equal("www.example.com", question.Name.ToString());
        Assert.Equal(DnsType.Aaaa, question.Type);
        Assert.Equal(DnsClass.Internet, question.Class);
        Assert.True(message.TryReadEdns(out var edns));
        Assert.Equal(new DnsEdns(1232, 0, 0, DnssecOk: false), edns);
    }

    [Fact]
    public void A_query_for_what_is_no_name_is_not_written()
    {
        Assert.False(DnsWriter.TryWriteQuery(new byte[512], 1, "a..b", DnsType.A, out var length));
        Assert.Equal(0, length);
    }

    [Fact]
    public void Every_record_type_comes_back_as_it_was_written()
    {
        var bytes = Answer();
        Assert.True(DnsMessage.TryRead(bytes, out var message));
        Assert.True(message.IsResponse);
        Assert.Equal(DnsFlags.Response | DnsFlags.Authoritative, message.Flags);
        var seen = new List<string>();
        foreach (var record in message.Answers)
        {
            seen.Add(Describe(record));
        }

        foreach (var record in message.Authorities)
        {
            seen.Add(Describe(record));
        }

        Assert.Equal(
            [
                "www.example.com A 60 198.18.0.1",
                "www.example.com Aaaa 61 2001:db8::1",
                "www.example.com Cname 62 host.example.com",
                "1.0.18.198.in-addr.arpa Ptr 63 www.example.com",
                "example.com Mx 64 10 mail.example.com",
                "_http._tcp.example.com Srv 65 1 2 8080 www.example.com",
                "example.com Txt 66 one||two",
                "example.com Ns 67 ns.example.com",
                "example.com Soa 68 ns.example.com root.example.com 1 2 3 4 5",
            ],
            seen);
        Assert.Equal(DnsResponseCode.BadVersion, message.ResponseCode);
    }

    [Fact]
    public void The_questions_name_is_written_once()
    {
        var bytes = new byte[512];
        var writer = new DnsWriter(bytes, 1, DnsFlags.Response);
        Assert.True(writer.TryAddQuestion("www.example.com", DnsType.A));
        var before = writer.Length;
        Assert.True(writer.TryAddAddress(DnsSection.Answer, "WWW.EXAMPLE.com.", 60, Address("198.18.0.1")));
        Assert.Equal(2 + 10 + 4, writer.Length - before);
    }

    [Fact]
    public void A_step_without_room_changes_nothing()
    {
        for (var size = DnsMessage.HeaderLength; size < 60; size++)
        {
            var writer = new DnsWriter(new byte[size], 1, DnsFlags.Response);
            var asked = writer.TryAddQuestion("www.example.com", DnsType.A);
            Assert.Equal(size >= 12 + 17 + 4, asked);
            var before = writer.Length;
            if (!writer.TryAddAddress(DnsSection.Answer, "www.example.com", 60, Address("198.18.0.1")))
            {
                Assert.Equal(before, writer.Length);
            }
        }
    }

    [Fact]
    public void An_answer_belongs_to_the_query_with_its_id_and_question()
    {
        var query = new byte[512];
        var answer = new byte[512];
        Assert.True(DnsWriter.TryWriteQuery(query, 7, "a.example", DnsType.A, out var queryLength));
        Assert.True(DnsMessage.TryRead(query.AsSpan(0, queryLength), out var asked));

        Assert.True(Belongs(asked, answer, 7, "A.example", DnsType.A, DnsFlags.Response));
        Assert.False(Belongs(asked, answer, 8, "a.example", DnsType.A, DnsFlags.Response));
        Assert.False(Belongs(asked, answer, 7, "b.example", DnsType.A, DnsFlags.Response));
        Assert.False(Belongs(asked, answer, 7, "a.example", DnsType.Aaaa, DnsFlags.Response));
        Assert.False(Belongs(asked, answer, 7, "a.example", DnsType.A, DnsFlags.None));

        static bool Belongs(DnsMessage asked, byte[] buffer, ushort id, string name, DnsType type, DnsFlags flags)
        {
            Assert.True(DnsWriter.TryWriteQuery(buffer, id, name, type, out var length, flags));
            Assert.True(DnsMessage.TryRead(buffer.AsSpan(0, length), out var answer));
            return answer.IsAnswerTo(asked);
        }
    }

    [Fact]
    public void A_cut_message_is_refused_unless_it_says_so_itself()
    {
        var bytes = Answer();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(DnsMessage.TryRead(bytes.AsSpan(0, length), out _), $"{length} of {bytes.Length} bytes");
        }

        bytes[2] |= 2;
        var questionEnd = 12 + 17 + 4;
        Assert.True(DnsMessage.TryRead(bytes.AsSpan(0, questionEnd + 5), out var message));
        Assert.True(message.IsTruncated);
        Assert.Equal(0, message.Answers.Count);
        Assert.True(DnsMessage.TryRead(bytes.AsSpan(0, questionEnd + 16), out message));
        Assert.Equal(1, message.Answers.Count);
        Assert.False(DnsMessage.TryRead(bytes.AsSpan(0, questionEnd - 1), out _));
    }

    [Fact]
    public void A_record_whose_data_does_not_fit_its_type_is_not_read_as_that_type()
    {
        var bytes = new byte[512];
        var writer = new DnsWriter(bytes, 1, DnsFlags.Response);
        foreach (var type in (DnsType[])[
            DnsType.A, DnsType.Aaaa, DnsType.Cname, DnsType.Ptr, DnsType.Ns, DnsType.Mx, DnsType.Srv, DnsType.Soa, DnsType.Txt])
        {
            Assert.True(writer.TryAddRecord(DnsSection.Answer, "a", type, 1, [9, 9, 9]));
        }

        Assert.True(DnsMessage.TryRead(bytes.AsSpan(0, writer.Length), out var message));
        foreach (var record in message.Answers)
        {
            Assert.False(
                record.TryReadAddress(out _) || record.TryReadName(out _) || record.TryReadMailExchange(out _, out _)
                || record.TryReadService(out _) || record.TryReadStartOfAuthority(out _) || record.Texts.GetEnumerator().MoveNext());
        }
    }

    [Fact]
    public void A_time_to_live_with_the_highest_bit_counts_as_none()
    {
        var bytes = new byte[512];
        var writer = new DnsWriter(bytes, 1, DnsFlags.Response);
        Assert.True(writer.TryAddAddress(DnsSection.Answer, "a", 0x8000_0001, Address("198.18.0.1")));
        Assert.True(DnsMessage.TryRead(bytes.AsSpan(0, writer.Length), out var message));
        var answers = message.Answers.GetEnumerator();
        Assert.True(answers.MoveNext());
        Assert.Equal(0u, answers.Current.TimeToLive);
    }

    [Fact]
    public void Hostile_messages_never_throw() => Fuzz.Run(20_000, static (random, _) =>
    {
        if (DnsMessage.TryRead(Fuzz.Damage(random, Answer()), out var message))
        {
            PacketAccessors.Read(message);
        }
    });

    private static byte[] Answer()
    {
        var bytes = new byte[1024];
        var writer = new DnsWriter(bytes, 0x1234, DnsFlags.Response | DnsFlags.Authoritative);
        Assert.True(writer.TryAddQuestion("www.example.com", DnsType.A)
            && writer.TryAddAddress(DnsSection.Answer, "www.example.com", 60, Address("198.18.0.1"))
            && writer.TryAddAddress(DnsSection.Answer, "www.example.com", 61, Address("2001:db8::1"))
            && writer.TryAddRecord(DnsSection.Answer, "WWW.example.com", DnsType.Cname, 62, [4, .. "host"u8, 0xc0, 16])
            && writer.TryAddNameRecord(DnsSection.Answer, "1.0.18.198.in-addr.arpa", DnsType.Ptr, 63, "www.example.com")
            && writer.TryAddNameRecord(DnsSection.Answer, "example.com", DnsType.Mx, 64, "mail.example.com", [0, 10])
            && writer.TryAddNameRecord(
                DnsSection.Answer, "_http._tcp.example.com", DnsType.Srv, 65, "www.example.com", [0, 1, 0, 2, 0x1f, 0x90])
            && writer.TryAddRecord(DnsSection.Answer, "example.com", DnsType.Txt, 66, [3, .. "one"u8, 0, 3, .. "two"u8])
            && writer.TryAddNameRecord(DnsSection.Authority, "example.com", DnsType.Ns, 67, "ns.example.com")
            && writer.TryAddRecord(
                DnsSection.Authority,
                "example.com",
                DnsType.Soa,
                68,
                [2, .. "ns"u8, 0xc0, 16, 4, .. "root"u8, 0xc0, 16, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5])
            && writer.TryAddEdns(new DnsEdns(4096, 0, 1, DnssecOk: true)));
        return bytes[..writer.Length];
    }

    private static string Describe(DnsRecord record)
    {
        var start = $"{record.Name.ToString()} {record.Type} {record.TimeToLive} ";
        if (record.TryReadAddress(out var address))
        {
            return start + address;
        }

        if (record.TryReadName(out var name))
        {
            return start + name.ToString();
        }

        if (record.TryReadMailExchange(out var preference, out var exchange))
        {
            return $"{start}{preference} {exchange.ToString()}";
        }

        if (record.TryReadService(out var service))
        {
            return $"{start}{service.Priority} {service.Weight} {service.Port} {service.Target.ToString()}";
        }

        if (record.TryReadStartOfAuthority(out var soa))
        {
            return $"{start}{soa.Server.ToString()} {soa.Mailbox.ToString()} {soa.Serial} {soa.Refresh} {soa.Retry} {soa.Expire} "
                + $"{soa.Minimum}";
        }

        var texts = new List<string>();
        foreach (var text in record.Texts)
        {
            texts.Add(Encoding.UTF8.GetString(text));
        }

        return start + string.Join('|', texts);
    }

    private static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text);
}
