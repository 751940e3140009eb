using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;

namespace Portolan.Tests.Forwarding;

/// <summary>What is said of datagrams that are lost: once, with the remedy that helps here.</summary>
public sealed class LossNewsTests
{
    [Theory]
    [InlineData(
        416 * 1024, "the socket's receive buffer of 416 KiB is full",
        "sudo sysctl net.core.rmem_max=8388608, then restart the forward")]
    [InlineData(32 * 1024 * 1024, "the socket's receive buffer of 32768 KiB is full", "more processor time")]
    public void A_full_buffer_is_told_with_its_size_and_raised_only_where_it_is_small(long buffer, string reason, string remedy)
    {
        var heard = new Listener();
        var news = new LossNews(heard);
        var forward = ForwardWords.ReadPair("5353/udp", "198.18.0.1:53", new ForwardOptions())[0];

        news.Tell(forward, EndCause.ReceiveBuffer, errno: 0, buffer, now: 0);
        news.Tell(forward, EndCause.ReceiveBuffer, errno: 0, buffer, now: 59_999);

        var (text, hint) = Assert.Single(heard.Losses);
        Assert.EndsWith(reason, text, StringComparison.Ordinal);
        Assert.Contains(remedy, hint, StringComparison.Ordinal);
    }

    private sealed class Listener : IRelayObserver
    {
        public List<(string Text, string Hint)> Losses { get; } = [];

        public bool WantsConnections => false;

        public void ConnectionEnded(in ConnectionReport report)
        {
            // Nobody asked.
        }

        public void TargetChanged(ForwardSpec forward, TargetPoint target, bool isUp, string why)
        {
            // Nobody asked.
        }

        public void DescriptorsShort(bool isShort, int limit)
        {
            // Nobody asked.
        }

        public void DatagramsLost(ForwardSpec forward, EndCause cause, string text, Advice? hint) => Losses.Add((text, $"{hint}"));

        public void Warned(string text)
        {
            // Nobody asked.
        }
    }
}
