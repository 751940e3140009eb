using Portolan.Scan.Identification;

namespace Portolan.Tests.Scan.Identification;

/// <summary>
/// Services on ports that are not theirs, with the bounds and the intensity that stand where nobody says otherwise: the questions that fit
/// what a port did with the first ones come first.
/// </summary>
public sealed class ForeignPortTests
{
    // One of the connections of a port goes to TLS, which replayed servers have not.
    private static readonly IdentifySettings Usual = new() { MaxConnections = new IdentifySettings().MaxConnections - 1 };

    [Theory]
    [InlineData("coturn")]
    [InlineData("danted")]
    [InlineData("kafka-by-specification")]
    [InlineData("kamailio")]
    [InlineData("mariadb")]
    [InlineData("memcached")]
    [InlineData("microsocks")]
    [InlineData("mongodb-by-specification")]
    [InlineData("mosquitto")]
    [InlineData("openldap")]
    [InlineData("openssh-socks")]
    [InlineData("postgresql")]
    [InlineData("rabbitmq")]
    [InlineData("redis")]
    [InlineData("redis-sentinel")]
    [InlineData("samba")]
    [InlineData("tor")]
    [InlineData("windows-rdp-by-specification")]
    [InlineData("xrdp")]
    public void Is_known_on_a_port_that_is_not_its_own(string name)
    {
        var service = RecordedService.Read(name);
        foreach (var port in (ushort[])[4567, 60001])
        {
            var answer = service.Ask(port, settings: Usual);
            Assert.True(answer.Service is not null, $"{name} on port {port}: {answer.Outcome} after {answer.Attempts} connections");
            Assert.Equal(RecordedServiceTests.Expected[name].Split('|')[0], answer.Service.Protocol);
            Assert.InRange(answer.Attempts, 1, Usual.MaxConnections);
        }
    }

    [Fact]
    public void The_version_of_Redis_takes_one_connection_more_than_the_request_of_HTTP() =>
        Assert.Equal(("Redis", "7.0.15", 2), RecordedService.Read("redis").Ask(4567) is { Service: { } service } answer
            ? (service.Product, service.Version, answer.Attempts)
            : default);
}
