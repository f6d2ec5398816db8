process.env.REGISTERED = 'yes';
