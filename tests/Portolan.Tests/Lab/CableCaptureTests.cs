using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;
using Portolan.Model;

namespace Portolan.Tests.Lab;

/// <summary>The frames of the scenario on frames are in its capture, and its pairs are counted both ways.</summary>
public sealed class CableCaptureTests
{
    [Fact]
    public async Task A_capture_of_encapsulation_has_its_frames()
    {
        Assert.True(ScenarioCatalogue.TryFind("encapsulation", out var scenario));
        using var capture = new MemoryStream();
        var report = await ScenarioPlayer.PlayAsync(scenario, LabLibrary.Load("encapsulation"), capture: capture);

        // The question of ARP: to all, type 0806, and an IPv4 frame with the word.
        var bytes = capture.ToArray();
        Assert.True(
            bytes.AsSpan().IndexOf(
                (ReadOnlySpan<byte>)[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06]) > 0);
        Assert.True(bytes.AsSpan().IndexOf("hello"u8) > 0);
        Assert.True(report.Succeeded);
    }

    [Fact]
    public async Task Both_directions_over_a_cable_are_one_conversation()
    {
        Assert.True(ScenarioCatalogue.TryFind("encapsulation", out var scenario));
        var report = await ScenarioPlayer.PlayAsync(scenario, LabLibrary.Load("encapsulation"));

        Assert.Equal(
            [(TransportProtocol.Udp, 1, 1), (TransportProtocol.Tcp, 4, 2)],
            report.Conversations.Select(static c => (c.Protocol, c.PacketsThere, c.PacketsBack)));
        Assert.All(report.Conversations, static c => Assert.Equal("server", c.Receiver));
    }
}
