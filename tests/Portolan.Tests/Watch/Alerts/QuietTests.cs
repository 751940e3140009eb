using Portolan.Model;
using Portolan.Server.Watch.Settings;
using Portolan.Tests.Support;
using Portolan.Watch.Changes;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;
using Portolan.Watch.Watching;

namespace Portolan.Tests.Watch.Alerts;

/// <summary>Mutes, maintenance windows and schedules, in a named time zone and across the change of its clocks.</summary>
public sealed class QuietTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("2026-11-27T10:00:00Z", 80, true)]
    [InlineData("2026-11-27T16:59:59Z", 80, true)]
    [InlineData("2026-11-27T17:00:00Z", 80, false)]
    [InlineData("2026-11-27T08:59:59Z", 80, false)]
    [InlineData("2026-11-27T10:00:00Z", 81, false)]
    public void A_mute_holds_for_its_ports_from_a_time_to_another_in_the_zone(string at, int port, bool isQuiet) =>
        Assert.Equal(isQuiet, IsQuiet("mutes: [{ ports: 80, from: 2026-11-27 10:00, until: 2026-11-27 18:00 }]", at, port));

    // Berlin is at +02:00 until October 25, 2026, and at +01:00 from then on.
    [Theory]
    [InlineData("2026-10-24T23:30:00Z", false)]
    [InlineData("2026-10-18T01:00:00Z", true)]
    [InlineData("2026-10-18T02:59:59Z", true)]
    [InlineData("2026-10-18T03:00:00Z", false)]
    [InlineData("2026-11-01T02:00:00Z", true)]
    [InlineData("2026-11-01T01:30:00Z", false)]
    [InlineData("2027-02-07T02:30:00Z", false)]
    public void A_window_comes_again_by_the_zones_own_clock_and_expires(string at, bool isQuiet) =>
        Assert.Equal(isQuiet, IsQuiet("maintenance: [{ schedule: '0 3 * * SUN', for: 2h, until: 2027-01-31 }]", at, 80));

    [Theory]
    [InlineData("2026-11-27T05:00:00Z", "2026-11-27T07:00:00Z")]
    [InlineData("2026-11-27T07:00:00Z", "2026-11-27T07:00:00Z")]
    [InlineData("2026-11-27T07:00:01Z", "2026-11-30T07:00:00Z")]
    [InlineData("2026-07-01T05:00:00Z", "2026-07-01T06:00:00Z")]
    public void A_receiver_with_a_schedule_gets_what_has_come_until_then(string now, string due)
    {
        const string receiver = "{ kind: webhook, url: \"https://example.org\", schedule: '0 8 * * MON-FRI' }";
        var route = Read($"receivers: {{ a: {receiver} }}").Settings!.Routes[0];

        Assert.Equal(Time(due), route.Due!(Time(now)));
    }

    [Theory]
    [InlineData("mutes: [{ ports: 80 }]", "3:9: until is missing; write until: 2027-01-31")]
    [InlineData("mutes: [{ until: soon }]", "3:18: until is 'soon'; write a date, or a date and a time: 2027-01-31 18:00")]
    [InlineData("mutes: [{ until: 2020-01-01 }]", "3:18: warning: this has expired; take it out, or write a later time")]
    [InlineData(
        "maintenance: [{ schedule: 'at night', for: 1h, until: 2099-01-01 }]",
        "3:27: 'at night' is not a schedule of cron; write minute, hour, day, month and weekday: schedule: '0 8 * * MON-FRI'")]
    [InlineData("maintenance: [{ for: 1h, until: 2099-01-01 }]", "3:15: schedule is missing; write schedule: '0 3 * * SUN'")]
    [InlineData("mutes: [{ port: 80, until: 2099-01-01 }]", "3:11: a mute has no key 'port'; did you mean ports?")]
    public void A_mistake_has_its_place_and_a_remedy(string keys, string fault) =>
        Assert.Equal([fault], Read(keys).Faults.Select(static f => f.ToString()));

    private bool IsQuiet(string keys, string at, int port)
    {
        var reading = Read($"{keys}\nreceivers: {{ a: {{ kind: webhook, url: \"https://example.org\" }} }}");
        var change = new Change(ChangeKind.Opened, new HostKey(default, ""))
        {
            Protocol = TransportProtocol.Tcp,
            Ports = PortRanges.Of(new PortNumber((ushort)port)),
        };
        return reading.Settings!.Routes[0].IsQuiet(WatchEvent.Of(new StoredChange(change, Time(at), null, "web-3"))!);
    }

    private WatchReading Read(string keys)
    {
        File.WriteAllText(_folder["w.yaml"], $"schema: portolan.watch/1\nzone: Europe/Berlin\n{keys}\n");
        return WatchFile.Read(_folder["w.yaml"], static _ => null, TimeProvider.System);
    }

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
