// Every run is bounded by the time of its world.
#pragma warning disable xUnit1051
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Portolan.Transport.AspNetCore;
using Portolan.Transport.Links;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Transport.Stack;

/// <summary>
/// Kestrel and HttpClient in virtual time: their work is on the thread pool and comes from the framework. They run while no other test
/// uses the pool, for beside others large bodies do not always repeat. <c>PORTOLAN_LONG</c> makes a hundred runs of each.
/// </summary>
[CollectionDefinition(nameof(SimWebTests), DisableParallelization = true)]
[Collection(nameof(SimWebTests))]
[Trait("Quick", "no")]
public sealed class SimWebTests
{
    [Theory]
    [InlineData(1, 10)]
    [InlineData(5, 10)]
    [InlineData(1, 200_000)]
    public void Kestrel_and_HttpClient_repeat_frame_by_frame(int requests, int length)
    {
        var runs = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PORTOLAN_LONG")) ? 4 : 100;
        var traces = Enumerable.Range(0, runs).Select(_ => Run(requests, length)).ToList();
        Assert.All(traces, trace => Assert.Equal(traces[0], trace));
    }

    private static ulong Run(int requests, int length)
    {
        using var world = new SimWorld(seed: 5);
        var (client, server) = (world.AddHost("client"), world.AddHost("server"));
        var cable = world.Connect(client, server);
        cable.SetFaults(new FaultProfile { Delay = TimeSpan.FromMilliseconds(10), Loss = 0.02 });
        client.AddAddress(cable.LeftInterface, "198.18.0.2", 24);
        server.AddAddress(cable.RightInterface, "198.18.0.1", 24);
        var app = WebWorld.Build(server.Stack, HttpProtocols.Http1);
        app.Run(static async context =>
        {
            // The time of day would be another each time.
            context.Response.Headers.Date = "";
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        world.RunApplication(AskAsync, TimeSpan.FromMinutes(10));
        return world.Trace;

        async Task AskAsync()
        {
            await app.StartAsync();
            using var http = new HttpClient(client.Stack.CreateHttpHandler());
            for (var i = 0; i < requests; i++)
            {
                using var content = new ByteArrayContent(new byte[length]);
                using var response = await http.PostAsync(new Uri("http://server/"), content);
                Assert.Equal(length, (await response.Content.ReadAsByteArrayAsync()).Length);
            }

            await app.DisposeAsync();
        }
    }
}
