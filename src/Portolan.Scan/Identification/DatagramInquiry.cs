using Portolan.Scan.Checking;

namespace Portolan.Scan.Identification;

/// <summary>The questions to one UDP port, one after the other.</summary>
internal sealed class DatagramInquiry(
    ServiceTarget target, ProbePlan plan, IdentifySettings settings, PortBudget budget, ReaderFaults faults)
{
    /// <summary>Asks.</summary>
    public async Task<ServiceAnswer> RunAsync(ICheckSockets sockets)
    {
        ReadOnlyMemory<byte> heard = default;
        string? askedWith = null;
        var exchange = new DatagramExchange(target, sockets, settings, budget);
        foreach (var probe in plan.Plain.Take(settings.MaxDatagrams))
        {
            var reply = await exchange.AskAsync(probe);
            if (exchange.IsRefused)
            {
                return new ServiceAnswer(ServiceOutcome.Unreachable, null) { Attempts = exchange.Asked };
            }

            if (await ReadAsync(exchange, probe, reply) is { } service)
            {
                return new ServiceAnswer(ServiceOutcome.Identified, service) { Attempts = exchange.Asked };
            }

            if (heard.IsEmpty && !reply.IsEmpty)
            {
                (heard, askedWith) = (reply[..Math.Min(reply.Length, ServiceAnswer.MaxHeardLength)], probe.Name);
            }

            if (exchange.IsOver)
            {
                break;
            }
        }

        if (plan.Together.Count > 0 && !exchange.IsOver)
        {
            if (await AskTogetherAsync(exchange, said => heard = heard.IsEmpty ? said : heard) is { } service)
            {
                return new ServiceAnswer(ServiceOutcome.Identified, service) { Attempts = exchange.Asked };
            }

            if (exchange.IsRefused)
            {
                return new ServiceAnswer(ServiceOutcome.Unreachable, null) { Attempts = exchange.Asked };
            }
        }

        var outcome = !heard.IsEmpty ? ServiceOutcome.Unknown
            : budget.NotSent is not null ? ServiceOutcome.NotSent
            : exchange.Asked == 0 ? ServiceOutcome.NotAsked
            : ServiceOutcome.Silent;
        return new ServiceAnswer(outcome, null)
        {
            Heard = heard,
            AskedWith = askedWith,
            Attempts = exchange.Asked,
            Reason = outcome == ServiceOutcome.NotAsked ? UnaskedReason.Of(target, settings) : budget.NotSent,
        };
    }

    // Any of the questions may be answered. Only the reader of a question's own protocol says what an answer to it is.
    private async Task<IdentifiedService?> AskTogetherAsync(DatagramExchange exchange, Action<ReadOnlyMemory<byte>> hear)
    {
        (ServiceProtocol Reader, IdentifiedService Service)? found = null;
        var reply = await exchange.AskTogetherAsync(plan.Together, said =>
        {
            foreach (var probe in plan.Together)
            {
                foreach (var reader in plan.Readers)
                {
                    if (ReferenceEquals(reader.Opening, probe)
                        && faults.Read(reader, new ServiceReply(said.Span, probe, isEnded: true))
                            is { Match: ReplyMatch.Certain, Service: { } service })
                    {
                        found = (reader, service);
                        return true;
                    }
                }
            }

            hear(said[..Math.Min(said.Length, ServiceAnswer.MaxHeardLength)].ToArray());
            return false;
        });
        return found is { } known ? await AskFurtherAsync(exchange, known.Reader, known.Service, reply) : null;
    }

    private async Task<IdentifiedService?> AskFurtherAsync(
        DatagramExchange exchange, ServiceProtocol reader, IdentifiedService service, ReadOnlyMemory<byte> reply)
    {
        var told = plan.MayAskFurther(reader)
            ? await faults.AskAsync(reader, async () => await reader.AskByDatagramAsync(exchange, service, reply), service) ?? service
            : service;
        return settings.Fingerprints?.Refine(told, reply.Span) ?? told;
    }

    private async Task<IdentifiedService?> ReadAsync(DatagramExchange exchange, ServiceProbe probe, ReadOnlyMemory<byte> reply)
    {
        foreach (var reader in reply.IsEmpty ? [] : plan.Readers)
        {
            if (faults.Read(
                reader, new ServiceReply(reply.Span, probe, isEnded: true)) is { Match: ReplyMatch.Certain, Service: { } service })
            {
                return await AskFurtherAsync(exchange, reader, service, reply);
            }
        }

        return null;
    }
}
