using Portolan.Forwarding.Udp;
using Portolan.Packets;

namespace Portolan.Tests.Forwarding;

/// <summary>When a flow of datagrams is over: the answers that its client still waits for.</summary>
public sealed class ExchangeTests
{
    [Fact]
    public void A_flow_of_dns_is_over_when_each_question_has_its_answer()
    {
        var exchange = new Exchange(responses: null);
        exchange.Asked(Question(1, DnsType.A));
        exchange.Asked(Question(2, DnsType.Aaaa));
        exchange.Answered(Answer(1, DnsType.A));
        Assert.Equal((true, false), (exchange.IsKnown, exchange.IsOver));
        exchange.Answered(Answer(2, DnsType.Aaaa));
        Assert.True(exchange.IsOver);
    }

    [Fact]
    public void One_id_for_two_types_is_two_questions_and_an_answer_without_a_question_ends_both()
    {
        var exchange = new Exchange(responses: null);
        exchange.Asked(Question(7, DnsType.A));
        exchange.Asked(Question(7, DnsType.Aaaa));
        exchange.Answered(Answer(7, DnsType.Aaaa));
        Assert.False(exchange.IsOver);
        exchange.Answered(Answer(7, type: null));
        Assert.True(exchange.IsOver);
    }

    [Fact]
    public void One_id_for_two_names_is_two_questions_and_the_case_of_a_name_does_not_count()
    {
        var exchange = new Exchange(responses: null);
        exchange.Asked(Question(0, DnsType.A, "www.example.com"));
        exchange.Asked(Question(0, DnsType.A, "Mail.Example.com"));
        exchange.Asked(Question(0, DnsType.A, "www.EXAMPLE.com"));
        exchange.Answered(Answer(0, DnsType.A, "WWW.example.com"));
        Assert.Equal((true, false), (exchange.IsKnown, exchange.IsOver));
        exchange.Answered(Answer(0, DnsType.A, "mail.example.com"));
        Assert.True(exchange.IsOver);
    }

    [Fact]
    public void Questions_and_answers_in_any_order_are_counted_as_a_list_of_them_would_be()
    {
        var random = new Random(20);
        for (var run = 0; run < 500; run++)
        {
            var exchange = new Exchange(responses: null);
            var open = new HashSet<(int Id, DnsType Type)>();
            for (var step = 0; step < 200; step++)
            {
                var (id, type) = (random.Next(12), random.Next(2) == 0 ? DnsType.A : DnsType.Aaaa);
                if (step == 0 || random.Next(2) == 0)
                {
                    exchange.Asked(Question((ushort)id, type));
                    open.Add((id, type));
                }
                else if (random.Next(5) > 0)
                {
                    exchange.Answered(Answer((ushort)id, type));
                    open.Remove((id, type));
                }
                else
                {
                    exchange.Answered(Answer((ushort)id, type: null));
                    open.RemoveWhere(q => q.Id == id);
                }

                Assert.Equal((true, open.Count == 0), (exchange.IsKnown, exchange.IsOver));
            }
        }
    }

    [Fact]
    public void What_is_no_dns_is_never_over_whichever_end_sends_it_and_whatever_follows()
    {
        var random = new Random(5);
        for (var run = 0; run < 20_000; run++)
        {
            var noise = new byte[random.Next(0, 80)];
            random.NextBytes(noise);
            if (noise.Length > 2)
            {
                // An answer where a question should be is none.
                noise[2] |= 0x80;
            }

            var exchange = new Exchange(responses: null);
            exchange.Asked(noise);
            exchange.Asked(Question(1, DnsType.A));
            exchange.Answered(Answer(1, DnsType.A));
            Assert.False(exchange.IsKnown || exchange.IsOver);
        }

        var talk = new Exchange(responses: null);
        talk.Asked(Question(1, DnsType.A));
        talk.Answered("what is this"u8);
        talk.Answered(Answer(1, DnsType.A));
        Assert.False(talk.IsKnown || talk.IsOver);
    }

    [Fact]
    public void Cut_and_changed_messages_are_read_without_an_exception()
    {
        var random = new Random(6);
        for (var run = 0; run < 50_000; run++)
        {
            var bytes = random.Next(2) == 0 ? Question((ushort)run, DnsType.A) : Answer((ushort)run, DnsType.A);
            bytes = bytes[..random.Next(bytes.Length + 1)];
            for (var i = random.Next(3); i > 0 && bytes.Length > 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            var exchange = new Exchange(responses: null);
            exchange.Asked(bytes);
            exchange.Answered(bytes);
            Assert.True(exchange.IsKnown || !exchange.IsOver);
        }
    }

    [Fact]
    public void A_client_with_more_questions_than_are_remembered_has_a_flow_like_any_other()
    {
        var exchange = new Exchange(responses: null);
        for (var id = 0; id < Exchange.MostQuestions; id++)
        {
            exchange.Asked(Question((ushort)id, DnsType.A));
            exchange.Asked(Question((ushort)id, DnsType.A));
        }

        Assert.True(exchange.IsKnown);
        exchange.Asked(Question(Exchange.MostQuestions, DnsType.A));
        Assert.False(exchange.IsKnown);
    }

    [Theory]
    [InlineData(0, 3, 0, true)]
    [InlineData(1, 1, 0, false)]
    [InlineData(1, 2, 1, false)]
    [InlineData(1, 2, 2, true)]
    [InlineData(3, 2, 5, false)]
    [InlineData(3, 2, 6, true)]
    [InlineData(1, 1, 9, true)]
    public void Answers_are_counted_where_their_number_is_said(int responses, int asked, int answered, bool isOver)
    {
        var exchange = new Exchange(responses);
        for (var i = 0; i < asked; i++)
        {
            exchange.Asked([1]);
        }

        for (var i = 0; i < answered; i++)
        {
            exchange.Answered([2]);
        }

        Assert.Equal((true, isOver), (exchange.IsKnown, exchange.IsOver));
    }

    private static byte[] Question(ushort id, DnsType type, string name = "www.example.com")
    {
        Span<byte> message = stackalloc byte[512];
        Assert.True(DnsWriter.TryWriteQuery(message, id, name, type, out var length));
        return message[..length].ToArray();
    }

    private static byte[] Answer(ushort id, DnsType? type, string name = "www.example.com")
    {
        Span<byte> message = stackalloc byte[512];
        var writer = new DnsWriter(message, id, DnsFlags.Response);
        Assert.True(type is not { } asked || writer.TryAddQuestion(name, asked));
        return message[..writer.Length].ToArray();
    }
}
