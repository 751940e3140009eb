using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Rules.Reading;
using Portolan.Linux.Netlink;

namespace Portolan.Tests.Firewall.Reading;

/// <summary>Expressions that not every kernel has, and those that are not as they should be.</summary>
public sealed class ExpressionDecoderTests
{
    [Fact]
    public void Expressions_that_this_kernel_lacks_are_decoded_too()
    {
        Assert.Equal(new LastExpression(true, 1500), Decode("last", w =>
        {
            w.BigEndian32(1, 1);
            w.BigEndian64(2, 1500);
        }));
        Assert.Equal(new LastExpression(false, 0), Decode("last", w => w.BigEndian32(1, 0)));
        Assert.Equal(new FlowOffloadExpression("fast"), Decode("flow_offload", w => w.Text(1, "fast")));
        Assert.Equal(new QueueExpression(1, 3, 1, null), Decode("queue", w =>
        {
            w.BigEndian16(1, 1);
            w.BigEndian16(2, 3);
            w.BigEndian16(3, 1);
        }));
        Assert.Equal(
            new BitwiseExpression(new(0), new(4), new(8), 4, BitwiseOperation.Or, default, default, default), Decode("bitwise", w =>
        {
            w.BigEndian32(1, 1);
            w.BigEndian32(2, 2);
            w.BigEndian32(3, 4);
            w.BigEndian32(6, 4);
            w.BigEndian32(8, 3);
        }));
    }

    [Fact]
    public void A_name_that_is_not_known_keeps_its_attributes()
    {
        var unknown = Assert.IsType<UnknownExpression>(Decode("inner", w => w.BigEndian32(1, 7)));
        Assert.Equal("inner", unknown.Name);
        Assert.Equal("0800010000000007", Convert.ToHexString(unknown.Attributes.Span));
    }

    [Fact]
    public void An_attribute_of_a_newer_kernel_makes_an_expression_unknown() => Assert.IsType<UnknownExpression>(Decode("meta", w =>
    {
        w.BigEndian32(1, 1);
        w.BigEndian32(2, 3);
        w.BigEndian32(4, 1);
    }));

    [Theory]
    [InlineData(0u)]
    [InlineData(5u)]
    [InlineData(24u)]
    [InlineData(uint.MaxValue)]
    public void A_register_that_holds_no_data_makes_an_expression_unknown(uint register) =>
        Assert.IsType<UnknownExpression>(Decode("meta", w =>
    {
        w.BigEndian32(1, register);
        w.BigEndian32(2, 3);
    }));

    [Theory]
    [InlineData(4u, 16u, true)]
    [InlineData(4u, 17u, false)]
    [InlineData(23u, 4u, true)]
    [InlineData(23u, 5u, false)]
    [InlineData(1u, 64u, true)]
    [InlineData(1u, 65u, false)]
    [InlineData(1u, 0u, false)]
    public void Data_must_fit_behind_its_register(uint register, uint length, bool fits)
    {
        var expression = Decode("payload", w =>
        {
            w.BigEndian32(1, register);
            w.BigEndian32(2, 1);
            w.BigEndian32(3, 12);
            w.BigEndian32(4, length);
        });
        Assert.Equal(fits, expression is PayloadExpression);
    }

    [Theory]
    [InlineData(-6, null, false)]
    [InlineData(-5, null, true)]
    [InlineData(-3, null, false)]
    [InlineData(-3, "other", true)]
    [InlineData(1, "other", false)]
    [InlineData(1, null, true)]
    [InlineData(4, null, false)]
    public void A_verdict_must_be_one(int code, string? chain, bool isValid)
    {
        var expression = Decode("immediate", w =>
        {
            w.BigEndian32(1, 0);
            var data = w.BeginNest(2);
            var verdict = w.BeginNest(2);
            w.BigEndian32(1, (uint)code);
            if (chain is not null)
            {
                w.Text(2, chain);
            }

            w.EndNest(verdict);
            w.EndNest(data);
        });
        Assert.Equal(isValid, expression is ImmediateExpression);
    }

    [Fact]
    public void Expressions_inside_of_expressions_end_somewhere()
    {
        static void Nest(NetlinkWriter w, int depth)
        {
            w.Text(1, "s");
            w.BigEndian32(3, 0);
            w.BigEndian32(4, 1);
            if (depth > 0)
            {
                var inner = w.BeginNest(7);
                w.Text(1, "dynset");
                var data = w.BeginNest(2);
                Nest(w, depth - 1);
                w.EndNest(data);
                w.EndNest(inner);
            }
        }

        Assert.IsType<DynamicSetExpression>(Decode("dynset", w => Nest(w, 0)));
        var depth = 0;
        var expression = Decode("dynset", w => Nest(w, 500));
        while (expression is DynamicSetExpression { Expressions: [var inner] })
        {
            expression = inner;
            depth++;
        }

        Assert.IsType<UnknownExpression>(expression);
        Assert.InRange(depth, 1, 3);
    }

    [Fact]
    public void A_flowtable_has_its_devices()
    {
        using var kernel = new FakeNetfilter().WithChain().With(NetfilterMessage.GetFlowtable, w =>
        {
            w.Text(1, "t");
            w.Text(2, "fast");
            var hook = w.BeginNest(3);
            w.BigEndian32(1, 0);
            w.BigEndian32(2, unchecked((uint)-5));
            var devices = w.BeginNest(3);
            w.Text(1, "eth0");
            w.Text(2, "wan");
            w.EndNest(devices);
            w.EndNest(hook);
            w.BigEndian32(7, 2);
        });
        var flowtable = Assert.Single(RulesetReader.Read(kernel, TestContext.Current.CancellationToken).Require().Tables[0].Flowtables);
        Assert.Equal(("fast", -5, 2u), (flowtable.Name, flowtable.Priority, flowtable.Flags));
        Assert.Equal(["eth0", "wan*"], flowtable.Devices);
    }

    private static Expression Decode(string name, Action<NetlinkWriter> attributes)
    {
        using var kernel = new FakeNetfilter().WithChain().WithRule((name, attributes));
        return Assert.Single(
            Assert.Single(
                RulesetReader.Read(kernel, TestContext.Current.CancellationToken).Require().Tables[0].Chains[0].Rules).Expressions);
    }
}
