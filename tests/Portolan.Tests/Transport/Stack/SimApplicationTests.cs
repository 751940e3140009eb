// Every run is bounded by the time of its world.
#pragma warning disable xUnit1051
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Portolan.Transport;
using Portolan.Transport.AspNetCore;
using Portolan.Transport.Links;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Transport.Stack;

/// <summary>Real application code in virtual time.</summary>
public sealed class SimApplicationTests
{
    [Fact]
    public void A_slow_line_takes_no_real_time()
    {
        using var world = MakeWorld(new FaultProfile { Delay = TimeSpan.FromSeconds(1) }, out var client, out var server);
        using var acceptor = server.Stack.ListenTcp(new IPEndPoint(IPAddress.Any, 7));
        world.RunApplication(TalkAsync(), TimeSpan.FromMinutes(5));
        Assert.True(world.Clock.Now >= new Instant(6_000_000_000));

        async Task TalkAsync()
        {
            var accepting = acceptor.AcceptAsync();
            await using var there = await client.Stack.ConnectTcpAsync("server", 7);
            await using var here = await accepting;
            await there.WriteAsync("hello"u8.ToArray());
            var buffer = new byte[5];
            await here.ReadExactlyAsync(buffer);
            await here.WriteAsync(buffer);
            await there.ReadExactlyAsync(buffer);
            Assert.Equal("hello"u8.ToArray(), buffer);
        }
    }

    [Fact]
    public void Kestrel_and_HttpClient_run_in_a_world()
    {
        using var world =
            MakeWorld(new FaultProfile { Loss = 0.05, Delay = TimeSpan.FromMilliseconds(50) }, out var client, out var server);
        var app = WebWorld.Build(server.Stack, HttpProtocols.Http1);
        app.Run(static async context => await context.Request.Body.CopyToAsync(context.Response.Body));
        world.RunApplication(Task.Run(() => app.StartAsync()), TimeSpan.FromMinutes(1));
        using var http = new HttpClient(client.Stack.CreateHttpHandler());
        var sent = RandomNumberGenerator.GetBytes(200_000);
        byte[] back = [];
        world.RunApplication(Task.Run(PostAsync), TimeSpan.FromMinutes(10));
        Assert.Equal(sent, back);
        world.RunApplication(Task.Run(() => app.DisposeAsync().AsTask()), TimeSpan.FromMinutes(10));

        async Task PostAsync()
        {
            using var content = new ByteArrayContent(sent);
            using var response = await http.PostAsync(new Uri("http://server/"), content);
            back = await response.Content.ReadAsByteArrayAsync();
        }
    }

    [Fact]
    public void An_application_that_waits_for_nothing_in_the_world_fails()
    {
        using var world = new SimWorld(1, new SimOptions { Patience = TimeSpan.FromMilliseconds(50) });
        Assert.Throws<SimFailureException>(() => world.RunApplication(new TaskCompletionSource().Task, TimeSpan.FromMinutes(1)));
    }

    private static SimWorld MakeWorld(FaultProfile faults, out SimHost client, out SimHost server)
    {
        var world = new SimWorld(5, new SimOptions { Keying = FaultKeying.Flow });
        (client, server) = (world.AddHost("client"), world.AddHost("server"));
        var cable = world.Connect(client, server);
        cable.SetFaults(faults);
        client.AddAddress(cable.LeftInterface, "198.18.0.2", 24);
        server.AddAddress(cable.RightInterface, "198.18.0.1", 24);
        _ = (client.Stack, server.Stack);
        return world;
    }
}
