using System.Text;
using Portolan.Web.Feed;

namespace Portolan.Tests.Web.Feed;

/// <summary>Events for many streams, some of which are slow.</summary>
public sealed class EventHubTests
{
    private readonly EventHub _hub = new("here");

    [Fact]
    public void A_new_stream_gets_what_comes_from_now_on()
    {
        Publish(3);

        Assert.Equal((4, null), _hub.Resume(null));
        Assert.False(_hub.IsGone(4, out var frame, out var wait));
        Assert.Null(frame);
        Assert.False(wait.IsCompleted);
        Publish(1);
        Assert.True(wait.IsCompleted);
        Assert.False(_hub.IsGone(4, out frame, out _));
        Assert.Equal("event: chart\nid: here-4\ndata: {}\n\n", Encoding.UTF8.GetString(frame!));
    }

    [Theory]
    [InlineData("here-2", 3, null)]
    [InlineData("here-0", 1, null)]
    [InlineData("here-10", 11, null)]
    [InlineData("here-11", 11, "restarted")]
    [InlineData("there-2", 11, "restarted")]
    [InlineData("here-", 11, "restarted")]
    [InlineData("here--1", 11, "restarted")]
    [InlineData("here-x", 11, "restarted")]
    [InlineData("\u202e", 11, "restarted")]
    public void A_stream_that_comes_back_gets_what_it_missed(string id, long next, string? skipped)
    {
        Publish(10);

        Assert.Equal((next, skipped), _hub.Resume(id));
    }

    [Fact]
    public void A_stream_that_missed_more_than_is_kept_fetches_all_again()
    {
        Publish(EventHub.Kept + 10);

        Assert.Equal((EventHub.Kept + 11, "skipped"), _hub.Resume("here-9"));
        Assert.Equal((11, null), _hub.Resume("here-10"));
        Assert.False(_hub.IsGone(11, out var oldest, out _));
        Assert.NotNull(oldest);
    }

    [Fact]
    public void A_slow_stream_is_overtaken_and_costs_nothing()
    {
        Publish(5);
        var (next, _) = _hub.Resume("here-5");
        Publish(EventHub.Kept + 1);

        Assert.True(_hub.IsGone(next, out var frame, out _));
        Assert.Null(frame);
    }

    [Fact]
    public void Streams_are_counted()
    {
        Assert.Equal(0, _hub.Watchers);
        using (_hub.Watch())
        {
            using var other = _hub.Watch();
            Assert.Equal(2, _hub.Watchers);
        }

        Assert.Equal(0, _hub.Watchers);
    }

    private void Publish(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _hub.Publish("chart", "{}"u8);
        }
    }
}
